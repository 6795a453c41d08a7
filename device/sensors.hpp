#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/clocks.hpp"
#include "device/heat_source.hpp"
#include "device/identity.hpp"

namespace dvfo::device {

/// Instants of the steady clock.
using time_point = std::chrono::steady_clock::time_point;

/// One power rail at one instant; what the sensor does not give is absent, never 0.
struct rail_reading {
  std::string name;  ///< "VDD_IN", "package-0", …
  std::optional<double> volts;
  std::optional<double> amperes;
  std::optional<double> watts;
  std::optional<double> energy_joules;  ///< since the meter was opened, from a counter (RAPL), wrap-around undone
};

struct temperature_reading {
  std::string zone;  ///< "gpu-thermal", "coretemp Package id 0", …; no two sensors of a board have one name
  double celsius = 0.0;
  heat_source source = heat_source::elsewhere;  ///< die_celsius() takes what counts out of all readings
};

/// Everything that a board tells of itself at one instant.
struct telemetry {
  time_point when;
  std::vector<rail_reading> rails;     ///< only those that gave a reading
  std::optional<double> total_watts;   ///< the whole board by its total_rule, marked in sensor_set::total_source()
  std::optional<double> total_joules;  ///< a counter's, from counted_since on; absent where there is only power
  /// When that counter began. Another instant than in the reading before: the counter was set back or leapt, so what
  /// flowed until then is unknown.
  std::optional<time_point> counted_since;
  std::optional<double> cpu_utilisation;     ///< 0…1 over all online cores since the reading before
  std::optional<double> gpu_utilisation;     ///< 0…1
  std::optional<double> memory_utilisation;  ///< 0…1 of the memory's clock; only where the counter's unit is documented
  clocks now;
  std::vector<temperature_reading> temperatures;
};

enum class sensor_kind : std::uint8_t { power = 0, utilisation = 10, clock = 20, temperature = 30 };

/// One sensor for doctor: found or not, and why.
struct sensor_status {
  std::string name;  ///< no other sensor of its kind has it
  std::string where;
  bool is_present = false;
  bool is_total = false;  ///< the rail (or a part of the sum) that means the whole board
  std::string reason;     ///< of one that is present: what is wrong with it all the same
  std::string remedy;     ///< empty if nothing can be done
  sensor_kind kind = sensor_kind::power;
};

/// Reads a board's sensors. Not thread-safe; a call blocks for the sensors' own time (some I²C transactions). A sensor
/// that fails is left out of that reading; one that fails often is dropped and noticed once; tasks go on. Every ten
/// seconds what was dropped is tried, and what was not found is looked for, again.
class sensor_set {
 public:
  explicit sensor_set(board_identity board, notice warn = {});
  ~sensor_set();
  sensor_set(sensor_set&&) noexcept;
  sensor_set& operator=(sensor_set&&) noexcept;

  /// Reads all. `now` is the instant it is given; the first call has no utilisation and no RAPL watts.
  telemetry read(time_point now);

  /// Only what the energy account needs: total_watts, total_joules and the watts of the rails of that meter. Cheaper
  /// than read().
  telemetry read_power(time_point now);

  /// The power sensor's own update interval: reading faster returns the same value again. hwmon: what the driver is set
  /// to now (430 ms by NVIDIA); iio converts at each reading and is held to 20 ms for the I²C bus; RAPL 1 ms; battery 2
  /// s.
  [[nodiscard]] double update_interval_seconds() const;

  /// How the total came about: "rail VDD_IN", "sum of 6 rails", "RAPL psys", "battery BAT0"; empty if there is none.
  [[nodiscard]] std::string total_source() const;

  /// Every sensor as of the newest reading: call read() before.
  [[nodiscard]] std::vector<sensor_status> status() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::device
