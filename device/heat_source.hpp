#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dvfo::device {

struct temperature_reading;

/// What a temperature sensor feels. Told by the words of the type that the kernel gives it, never by a prefix: the same
/// sensor is called GPU-therm, gpu-thermal, x86_pkg_temp or Tdie, by JetPack and by driver.
enum class heat_source : std::uint8_t {
  die = 0,        ///< inside the processor's die
  firmware = 10,  ///< what a PC's firmware calls its thermal zone (acpitz): near the processor on most, a board on some
  elsewhere = 20,  ///< a board, a disk, a radio, a battery, an estimate for the fan
  constant = 30,   ///< no measurement at all: PMIC-Die of a Jetson always says 100 °C
};

/// Of a thermal zone, by its type.
heat_source source_of_zone(std::string_view type);

/// Whether this hwmon driver reads a PC's processor: coretemp, k10temp, …
bool is_processor_driver(std::string_view driver);

/// Of one input of such a driver, by its label. AMD's Tctl is what the fan is ruled by, above the die by an offset on
/// some models: it counts only where the chip shows no Tdie beside it.
heat_source source_of_processor_input(std::string_view label, bool has_die_beside);

/// The reading that a policy decides by: the hottest inside the die; where there is none, the hottest of the firmware's
/// zones; null where there is neither. Points into `readings`.
const temperature_reading* hottest_of_die(const std::vector<temperature_reading>& readings);

/// Its °C.
std::optional<double> die_celsius(const std::vector<temperature_reading>& readings);

}  // namespace dvfo::device
