#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "device/simulated/board_parameters.hpp"
#include "device/simulated/physics.hpp"
#include "device/workload.hpp"

namespace dvfo::device::simulated {

/// "jetson-tx2" of "sim:jetson-tx2"; empty if `board` does not begin with "sim:".
std::string_view simulated_name(std::string_view board);

struct simulated_board_options {
  std::string board;  ///< "jetson-xavier-nx"
  /// Where its sysfs tree lives and stays: an empty folder, a new one, or one that an earlier simulated board of the
  /// same kind left. Empty: a temporary one, removed at the end.
  std::filesystem::path folder;
};

/// A board that exists as physics and files. It keeps a sysfs tree alive that the ordinary reader and writer use and
/// that anybody may read with cat and write with echo; work takes the modelled time at the clocks in force and shows
/// the modelled power on the rails. Boards in other folders are not disturbed. An idle board sleeps.
///
/// work_begins and work_ends belong to one thread; the other calls may come from any.
class simulated_board {
 public:
  /// Throws error(unknown_board), error(io), error(bad_argument) if another process holds the folder or it holds
  /// something else.
  explicit simulated_board(const simulated_board_options& options);
  ~simulated_board();
  simulated_board(const simulated_board&) = delete;
  simulated_board& operator=(const simulated_board&) = delete;

  /// What to give as root to detect(), frequency_control and sensor_set.
  [[nodiscard]] const std::filesystem::path& root() const;
  [[nodiscard]] const physics& model() const;

  /// A piece of work starts now. One at a time, else error(bad_argument).
  void work_begins(const workload& work);

  struct work_time {
    double seconds = 0.0;          ///< that the board took
    double overrun_seconds = 0.0;  ///< how much later this host is
  };
  /// Returns when the board has finished the work begun last, at once if that is past.
  work_time work_ends();

  /// The radio has been sending for the last `seconds`.
  void sent(double seconds);

  /// Joules since the start: the board's input and the radio.
  [[nodiscard]] double joules() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::device::simulated
