#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace dvfo::device {

/// What DVFS turns on an edge board: f_C, f_G and f_M of DVFO Table 2.
enum class knob : std::uint8_t { cpu = 0, gpu = 1, memory = 2 };

inline constexpr std::array all_knobs{knob::cpu, knob::gpu, knob::memory};

/// "cpu", "gpu" or "memory".
const char* to_string(knob which);

/// One frequency a knob, in hertz. Absent: the board has no such knob, the frequency is unknown, or (in an order) the
/// knob is to be left as it stands.
struct clocks {
  std::optional<double> cpu_hz = {};
  std::optional<double> gpu_hz = {};
  std::optional<double> memory_hz = {};

  [[nodiscard]] std::optional<double>& operator[](knob which);
  [[nodiscard]] const std::optional<double>& operator[](knob which) const;
  [[nodiscard]] bool any() const { return cpu_hz || gpu_hz || memory_hz; }
  friend bool operator==(const clocks&, const clocks&) = default;
};

}  // namespace dvfo::device
