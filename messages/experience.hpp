#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What an edge node keeps of its tasks for learning, as plain values (dvfo/v1/experience.proto,
/// docs/experience-file.md).
namespace dvfo::messages {

inline constexpr std::uint32_t experience_version = 1;

/// Longest message of a file, in bytes; some hundred are usual.
inline constexpr std::size_t max_experience_bytes = std::size_t{1} << 20;

/// What the whole file is about.
struct experience_header {
  std::string board;             ///< as "jetson-tx2"; empty without one
  std::string network;           ///< the model bundle's name
  std::string scheme;            ///< who decided
  double max_power_watts = 0.0;  ///< MaxPower of DVFO Eq. 4
  friend bool operator==(const experience_header&, const experience_header&) = default;
};

/// Hertz of CPU, GPU and memory; absent: not known, or left as it stood.
using experience_clocks = std::array<std::optional<double>, 3>;

/// One task for learning: what the scheme saw, what it decided, what that cost (policy::experience, field by field).
struct experience {
  std::uint64_t task_id = 0;
  double eta = 0.5;
  std::optional<double> lambda = {};
  std::vector<float> importance = {};
  std::optional<double> bandwidth_bps = {};
  std::optional<double> rtt_seconds = {};
  bool link_up = false;
  experience_clocks previous_clocks = {};
  double previous_share = 0.0;
  experience_clocks in_force = {};
  std::optional<double> celsius = {};
  double waiting_tasks = 0.0;
  double thinking_share = 0.0;
  experience_clocks clocks = {};
  double share = 0.0;
  std::uint8_t sends = 0;
  double tti_seconds = 0.0;
  std::optional<double> joules = {};
  bool is_measured = false;
  double share_as_run = 0.0;
  std::uint8_t degraded = 0;
  friend bool operator==(const experience&, const experience&) = default;
};

/// The message behind its size, ready to be appended to a file. Thread-safe.
std::string encode_delimited(const experience_header& header);
std::string encode_delimited(const experience& task);

/// Takes messages from the front of `bytes`, one after another.
class experience_reader {
 public:
  explicit experience_reader(std::string_view bytes) : rest_(bytes) {}

  /// Throws std::runtime_error that says what was found and what was expected: no header, or one of another version.
  experience_header header();

  /// The next task; absent at the end. A message that is cut off, as a kill leaves it, ends the file too: is_cut_off()
  /// then says so. Throws std::runtime_error for bytes that are no such message, or hold what cannot be (NaN, a share
  /// outside 0 to 1).
  std::optional<experience> next();

  [[nodiscard]] bool is_cut_off() const { return is_cut_off_; }

 private:
  std::optional<std::string_view> take();

  std::string_view rest_;
  bool is_cut_off_ = false;
  std::size_t taken_ = 0;
};

}  // namespace dvfo::messages
