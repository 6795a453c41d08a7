#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "device/clocks.hpp"
#include "device/identity.hpp"
#include "device/sensor_file.hpp"
#include "device/sensors.hpp"

namespace dvfo::device {

/// The clocks in force, as the kernel reports them. Not thread-safe.
class clock_meter {
 public:
  clock_meter(const board_identity& board, const notice* warn);

  /// CPU: the highest of all policies. Absent what cannot be read; a GPU that is switched off has no clock.
  clocks read(time_point now);
  void append_status(std::vector<sensor_status>& to) const;

  /// Whether every clock that may be there is; if not, they are looked for anew.
  [[nodiscard]] bool is_alive() const;

 private:
  struct source {
    knob which;
    std::vector<sensor_file> files;
    double scale;  ///< hertz in the file's unit
    fault_watch watch;
  };
  static std::optional<double> read(source& from, time_point now);

  std::vector<source> sources_;
};

}  // namespace dvfo::device
