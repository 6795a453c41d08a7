#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/board_profile.hpp"
#include "device/simulated/board_layout.hpp"
#include "device/simulated/board_state.hpp"
#include "device/simulated/live_file.hpp"

namespace dvfo::device::simulated {

/// The sysfs tree of a simulated board: made once, then kept alive. What a kernel would do with a write to a knob,
/// take_orders() does: limits are snapped to operating points and kept in order, caps hold, garbage is put back.
/// Not thread-safe; holds no thread.
class board_files {
 public:
  /// Makes the tree below `root` (an existing folder), or takes up the one that an earlier simulated board of the same
  /// kind left there, knobs as they stand. Throws error(io) if a file cannot be made, error(bad_argument) if the folder
  /// holds something else.
  board_files(std::filesystem::path root, const board_profile& profile, const physics& model);
  ~board_files();
  board_files(const board_files&) = delete;
  board_files& operator=(const board_files&) = delete;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// Folders whose files are knobs: to be watched for writes.
  [[nodiscard]] std::vector<std::filesystem::path> knob_folders() const;

  /// Reads all knobs and returns the clocks that they ask for.
  [[nodiscard]] operating_clocks take_orders();

  /// Shows the clocks in force.
  void show_clocks(const operating_clocks& in_force);

  /// Shows on rails, load and temperature the means since the last call.
  void show_readings(const board_state& board);

  /// How often a real board's sensor has a new reading.
  [[nodiscard]] double reading_interval_seconds() const;

 private:
  struct range_knob {  // a cpufreq policy or the GPU
    std::string folder;
    std::string min, max, governor, current;
    double unit_hz = 1.0;
    const std::vector<double>* points = nullptr;
    std::optional<double> lower_hz = {};  // the limits as they were last read
    std::optional<double> upper_hz = {};
    double shown_hz = 0.0;  // of a policy: what stands in `current`
  };
  struct rail_files {
    std::size_t rail = 0;  // index of physics::rails()
    std::unique_ptr<live_file> watts, volts, amperes;
  };

  void make_identity(const board_profile& profile);
  void make_cpu();
  void make_gpu();
  void make_memory();
  void make_rails();
  void make_thermal();
  void make(const std::string& file, const std::string& text);
  void link(const std::string& file, const std::string& target);
  void put(const std::string& file, std::int64_t value);
  std::optional<std::int64_t> number(const std::string& file) const;
  double range_order(range_knob& knob);
  double limit(const std::string& file, double otherwise, std::optional<double>& before, const range_knob& knob);
  double memory_order(double cpu_hz);
  live_file& live(const std::string& file);

  std::filesystem::path root_;
  const board_layout* layout_;
  const physics* model_;
  bool is_taken_up_ = false;
  std::vector<range_knob> policies_;
  range_knob gpu_;
  std::string emc_rate_, emc_lock_, emc_current_, emc_cap_;
  std::string gpu_load_;
  std::vector<std::string> zones_;
  std::vector<rail_files> rails_;
  std::map<std::string, std::unique_ptr<live_file>> live_;
  std::vector<double> shown_rail_joules_;
  operating_clocks shown_;
  std::optional<std::int64_t> memory_taken_;  // what stood in the rate file when orders were last taken
  double shown_busy_seconds_ = 0.0;
  double shown_at_ = 0.0;
};

}  // namespace dvfo::device::simulated
