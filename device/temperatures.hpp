#pragma once

#include <string>
#include <vector>

#include "device/identity.hpp"
#include "device/sensor_file.hpp"
#include "device/sensors.hpp"

namespace dvfo::device {

/// Thermal zones and, on a PC, the processor's hwmon sensors. Dropped is what measures nothing (heat_source::constant);
/// zones of blocks that are switched off (cv0 … cv2 on Orin) answer EAGAIN and are left out. Not thread-safe.
class temperatures {
 public:
  temperatures(const board_identity& board, const notice* warn);

  void read(time_point now, std::vector<temperature_reading>& to);
  void append_status(std::vector<sensor_status>& to) const;

  /// Whether any sensor answers; if none does they are looked for anew.
  [[nodiscard]] bool is_alive() const;

 private:
  struct sensor {
    std::string name;
    heat_source source;
    sensor_file file;
    fault_watch watch;
    bool was_read = false;
  };
  struct found;
  static void find_zones(const std::filesystem::path& folder, std::vector<found>& to);
  static void find_processor_inputs(const std::filesystem::path& folder, std::vector<found>& to);

  std::vector<sensor> sensors_;
};

}  // namespace dvfo::device
