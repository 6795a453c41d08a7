#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "device/identity.hpp"
#include "device/sensor_file.hpp"
#include "device/sensors.hpp"

namespace dvfo::device {

/// Share of the time in which the online cores worked, from the differences of /proc/stat. Not thread-safe.
class cpu_utilisation {
 public:
  cpu_utilisation(const board_identity& board, const notice* warn);

  /// 0…1 since the reading before; absent at the first, and after cores went on or off, since the sums then are of
  /// other cores. The last value again if no tick (10 ms or less) passed since.
  std::optional<double> read(time_point now);
  [[nodiscard]] sensor_status status() const;

 private:
  struct ticks {
    std::vector<int> cores;
    double busy = 0.0;
    double all = 0.0;
  };
  static std::optional<ticks> parse(std::string_view text);

  sensor_file file_;
  fault_watch watch_;
  std::optional<ticks> last_;
  std::optional<double> value_;
};

/// The load of a Jetson's GPU as its driver averages it, in per mille. Not thread-safe.
class gpu_utilisation {
 public:
  gpu_utilisation(const board_identity& board, const notice* warn);

  std::optional<double> read(time_point now);
  [[nodiscard]] sensor_status status() const;
  [[nodiscard]] bool is_alive() const { return file_ && !watch_.is_dropped(); }

 private:
  std::optional<sensor_file> file_;
  fault_watch watch_;
};

/// Memory activity by actmon, on the boards whose unit is documented (T210 and T186: kHz of busy memory clock). On the
/// others the counter's unit is not, and public tools that divide it show nonsense: there it is absent. Not
/// thread-safe.
class memory_utilisation {
 public:
  memory_utilisation(const board_identity& board, const notice* warn);

  /// 0…1 of the memory clock, which must be known.
  std::optional<double> read(time_point now, std::optional<double> memory_hz);
  [[nodiscard]] sensor_status status() const;

 private:
  std::optional<sensor_file> file_;
  fault_watch watch_;
  bool is_clock_missing_ = false;
  std::string reason_;
};

}  // namespace dvfo::device
