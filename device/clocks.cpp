#include "device/clocks.hpp"

#include <stdexcept>

namespace dvfo::device {

const char* to_string(knob which) {
  switch (which) {
    case knob::cpu:
      return "cpu";
    case knob::gpu:
      return "gpu";
    case knob::memory:
      return "memory";
  }
  throw std::invalid_argument("no such knob");
}

std::optional<double>& clocks::operator[](knob which) {
  return which == knob::cpu ? cpu_hz : which == knob::gpu ? gpu_hz : memory_hz;
}

const std::optional<double>& clocks::operator[](knob which) const {
  return which == knob::cpu ? cpu_hz : which == knob::gpu ? gpu_hz : memory_hz;
}

}  // namespace dvfo::device
