#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/identity.hpp"
#include "device/sensors.hpp"

namespace dvfo::device {

/// Power of the whole board out of one meter.
struct board_power {
  std::optional<double> watts;
  std::optional<double> joules;                  ///< of a counter, since counted_since
  std::optional<time_point> counted_since = {};  ///< as in telemetry
};

/// One kind of power sensor with all its channels. Not thread-safe.
class power_meter {
 public:
  power_meter() = default;
  power_meter(const power_meter&) = delete;
  power_meter& operator=(const power_meter&) = delete;
  virtual ~power_meter() = default;

  /// Reads the channels, appends them to `rails` and gives the board's power. `in_detail`: also volts and amperes where
  /// they cost readings of their own.
  virtual board_power read(time_point now, bool in_detail, std::vector<rail_reading>& rails) = 0;

  /// Reading faster gives the same values again.
  [[nodiscard]] virtual double update_interval_seconds() const = 0;

  /// How the board's power comes about, as in sensor_set; empty if this meter does not know it.
  [[nodiscard]] virtual std::string total_source() const = 0;

  virtual void append_status(std::vector<sensor_status>& to) const = 0;

  /// False once every channel was dropped: then it is looked for anew, since drivers that come back change their
  /// number.
  [[nodiscard]] virtual bool is_alive() const = 0;
};

/// The INA3221 chips of a Jetson, JetPack 4 (iio) or later (hwmon); null if there is none. `warn` must outlive it.
std::unique_ptr<power_meter> find_power_rails(const board_identity& board, const notice* warn);

/// Energy counters of Intel's and AMD's processors (RAPL) in powercap; null if there are none.
std::unique_ptr<power_meter> find_rapl(const board_identity& board, const notice* warn);

/// The batteries that power the machine; null if there are none.
std::unique_ptr<power_meter> find_batteries(const board_identity& board, const notice* warn);

}  // namespace dvfo::device
