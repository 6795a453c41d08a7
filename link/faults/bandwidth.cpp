#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "link/faults/toxic.hpp"
#include "link/trace.hpp"

namespace dvfo::link::faults {
namespace {

constexpr double bits_per_kilobyte = 8000.0;  // Toxiproxy's kilobyte has 1000 bytes

/// A piece takes the link this long where that is more than a frame, so that a fast link costs no more chunks.
constexpr double piece_seconds = 1e-4;

class slow_link : public toxic {
 public:
  slow_link(std::shared_ptr<const trace> rate, instant since) : rate_(std::move(rate)), since_(since) {}

  /// A byte leaves when those before it have left.
  void pass(chunk arriving, outlet& out) override {
    free_ = std::max(free_, seconds_of(arriving.at));
    if (arriving.bytes.empty()) {
      arriving.at = instant_of(free_);
      out.leave(std::move(arriving));
      return;
    }
    for (std::size_t begin = 0; begin < arriving.bytes.size();) {
      const auto size = std::min(piece_size(), arriving.bytes.size() - begin);
      const auto* first = arriving.bytes.data() + begin;
      free_ = rate_->sent_at(free_, static_cast<double>(size));
      out.leave({instant_of(free_), chunk::kind::data, {first, first + size}});
      begin += size;
    }
  }

  [[nodiscard]] bool has_room(instant now) const override { return instant_of(free_) <= now + longest_queue; }

 private:
  [[nodiscard]] std::size_t piece_size() const {
    return std::max(segment_bytes, static_cast<std::size_t>(rate_->bps_at(free_) / 8.0 * piece_seconds));
  }
  [[nodiscard]] double seconds_of(instant at) const { return std::chrono::duration<double>(at - since_).count(); }
  [[nodiscard]] instant instant_of(double seconds) const { return since_ + duration_of<std::ratio<1>>(seconds); }

  std::shared_ptr<const trace> rate_;
  instant since_;      // the trace's first second
  double free_ = 0.0;  // when the link has sent what it has: seconds of the trace
};

toxic_factory prepare(const attribute_values& values) {
  const double rate = number(values, "rate");
  const auto& file = text(values, "trace");
  if ((rate > 0.0) == !file.empty()) {
    throw std::invalid_argument(
        "expected either rate, above 0, or trace (what lets nothing pass is timeout, or loss with "
        "loss_rate 1)");
  }
  auto carried =
      std::make_shared<const trace>(file.empty() ? trace::constant(rate * bits_per_kilobyte) : trace::from_file(file));
  return [carried](const making& how) { return std::make_unique<slow_link>(carried, how.since); };
}

}  // namespace

const toxic_kind& bandwidth() {
  static const toxic_kind kind{"bandwidth",
                               "a connection passes no more than this, and its sender has to wait",
                               {{"rate", "KB/s", "1000 bytes a second", 0.0, 0.0, 1e8},
                                {"trace", "file",
                                 "instead of rate: lines \"seconds<TAB>Mbit/s\" from when the toxic is added on; they "
                                 "begin anew when they are over; a file's folder is the scenario's",
                                 std::string()}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
