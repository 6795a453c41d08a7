#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "link/faults/chunk.hpp"
#include "link/faults/random.hpp"

/// What every fault is made of. A toxic changes what one end of a connection says to the other: what, and when. It
/// works in the time of the chunks that it is given and draws from a source that it is given, so that it does the same
/// again, and in a test without a socket. Words and units are Toxiproxy's.
namespace dvfo::link::faults {

/// What a frame of Ethernet carries of a TCP stream; what is lost or passes a slow link at a time.
inline constexpr std::size_t segment_bytes = 1448;

/// What a toxic that cannot keep up holds in front of itself before the sender has to wait: as a small queue of a
/// modem.
inline constexpr std::chrono::milliseconds longest_queue{20};

/// What leaves a toxic, in the order in which it leaves.
class outlet {
 public:
  /// Puts a chunk behind those before it: it leaves at its time, or when they do where that is later.
  void leave(chunk piece);

  /// The last that leaves, at this time whatever is still waiting then; a second end counts where it comes sooner.
  void finish(instant at, chunk::kind how);

  /// The next one, where it leaves at `now` or before.
  std::optional<chunk> take(instant now);

  /// When the next one leaves.
  [[nodiscard]] std::optional<instant> next() const;

  /// Takes out everything that waits; an end that was set is forgotten.
  std::deque<chunk> clear();

  [[nodiscard]] bool is_empty() const { return waiting_.empty(); }
  [[nodiscard]] std::size_t cost() const { return cost_; }

 private:
  std::deque<chunk> waiting_;
  std::optional<chunk> last_;
  bool is_finished_ = false;  // the last one has left: whatever else comes is lost
  instant latest_{};
  std::size_t cost_ = 0;
};

/// A fault at work on one way of one connection.
class toxic {
 public:
  toxic() = default;
  toxic(const toxic&) = delete;
  toxic& operator=(const toxic&) = delete;
  virtual ~toxic() = default;

  /// It takes hold of the connection.
  virtual void begin(instant /*now*/, outlet& /*out*/) {}

  /// A chunk arrives at its time. Times never go back.
  virtual void pass(chunk arriving, outlet& out) = 0;

  /// It is taken away; what it still holds goes on at once.
  virtual void cease(instant /*now*/, outlet& /*out*/) {}

  /// False: the sender has to wait until something that waits here has left.
  [[nodiscard]] virtual bool has_room(instant /*now*/) const { return true; }

  /// Memory behind it for each byte in front of it: more than one where it cuts the stream small.
  [[nodiscard]] virtual double expansion() const { return 1.0; }
};

/// What a toxic of one connection is made with.
struct making {
  instant since{};  ///< when the toxic was added to its proxy: where a trace begins
  random_source random{0};
};

using attribute_value = std::variant<double, std::string>;
using attribute_values = std::map<std::string, attribute_value, std::less<>>;

/// One attribute of a kind of toxic.
struct attribute {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
  attribute_value otherwise;  ///< its value where none is given; its type is the attribute's
  double lowest = 0.0;        ///< of numbers
  double highest = 1e12;      ///< of numbers
  bool is_whole = false;      ///< of numbers: no fractions
};

using toxic_factory = std::function<std::unique_ptr<toxic>(const making&)>;

/// A kind of fault.
struct toxic_kind {
  std::string_view name;
  std::string_view summary;
  std::vector<attribute> attributes;

  /// Makes the factory of a toxic whose attributes are complete and inside their bounds; reads the files that they
  /// name. Throws std::invalid_argument or std::runtime_error where they do not fit each other. Empty for `down`, which
  /// is a fault of the whole proxy.
  toxic_factory (*prepare)(const attribute_values&) = nullptr;
};

// One a file.
const toxic_kind& bandwidth();
const toxic_kind& corrupt();
const toxic_kind& down();
const toxic_kind& latency();
const toxic_kind& limit_data();
const toxic_kind& loss();
const toxic_kind& reset_peer();
const toxic_kind& slicer();
const toxic_kind& slow_close();
const toxic_kind& timeout();

/// Every kind, in the order of the documentation.
std::span<const toxic_kind* const> toxic_kinds();

/// Nothing where there is none of this name.
const toxic_kind* find_kind(std::string_view name);

/// For the kinds' own use: attributes that are complete.
double number(const attribute_values& values, std::string_view name);
const std::string& text(const attribute_values& values, std::string_view name);

/// A number of that unit as time, rounded up: nothing leaves too soon. What is beyond thirty years is never, and fits.
template <class Period>
instant duration_of(double value) {
  constexpr std::chrono::duration<double> never(1e9);
  const std::chrono::duration<double> exact = std::chrono::duration<double, Period>(value);
  return std::chrono::ceil<instant>(exact < never ? exact : never);
}

}  // namespace dvfo::link::faults
