#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/task_follower.hpp"
#include "cli/top/top_view.hpp"
#include "device/energy_account.hpp"
#include "device/frequency_control.hpp"
#include "device/identity.hpp"
#include "device/sensors.hpp"

namespace dvfo::cli {

struct top_options {
  double interval_seconds = 1.0;             ///< raised to the power sensor's own
  std::filesystem::path follow = {};         ///< JSON lines of a dvfo-edge; empty: none
  std::function<double()> own_seconds = {};  ///< processor time of this program so far; may be empty
};

/// Watches a board by reading alone and keeps what a view needs from one reading to the next. Not thread-safe.
class top_session {
 public:
  using time_point = device::time_point;

  /// Reads once, since load and RAPL power are differences: the first look() should be some time after `now`.
  /// Throws device::error(io) if options.follow cannot be followed.
  top_session(device::board_identity board, top_options options, time_point now);

  /// The interval that look() is to be called at.
  [[nodiscard]] std::chrono::duration<double> interval() const { return std::chrono::duration<double>(interval_); }

  /// One reading.
  top_view look(time_point now);

 private:
  void note_power(const device::telemetry& seen, top_view& to);
  void note_rails(const device::telemetry& seen);
  [[nodiscard]] std::vector<top_clock> clocks_of(const device::clocks& now) const;

  device::board_identity board_;
  top_options options_;
  device::sensor_set sensors_;
  std::vector<top_clock> ranges_;  // in the order of device::all_knobs
  double interval_ = 1.0;
  std::string note_;
  time_point start_;
  double own_at_start_ = 0.0;
  std::optional<device::energy_account> account_;
  top_rail total_;
  std::vector<top_rail> rails_;
  std::unique_ptr<task_follower> tasks_;
};

/// Looks `count` times (0: until `wait` ends it), one interval apart, and shows each. `wait` sleeps until an instant
/// and returns false to end at once; `show` returns false when nobody listens any more. A look that comes late does not
/// make the next ones come in a row.
void watch(top_session& session, std::uint64_t count, const std::function<device::time_point()>& now,
           const std::function<bool(device::time_point)>& wait, const std::function<bool(const top_view&)>& show);

}  // namespace dvfo::cli
