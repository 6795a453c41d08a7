#include "policy/environment/load_governor.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

constexpr double headroom = 1.25;
constexpr double half_life_seconds = 0.032;
constexpr double cpu_period_seconds = 0.010;
constexpr double device_period_seconds = 0.025;
constexpr double highest_above = 0.90;
constexpr double unchanged_above = 0.85;
constexpr double aimed_at = 0.88;  // 90 % less half of 5 %, in whole percents

double point_from(const std::vector<double>& points, double hz) {
  const auto found = std::lower_bound(points.begin(), points.end(), hz);
  return found == points.end() ? points.back() : *found;
}

double simple_ondemand(const std::vector<double>& points, double hz, double load) {
  if (load > highest_above) return points.back();
  if (load > unchanged_above) return hz;
  return point_from(points, hz * load / aimed_at);
}

}  // namespace

load_governor::load_governor(const sim::physics& board, double now)
    : board_(&board), next_cpu_(now + cpu_period_seconds), next_device_(now + device_period_seconds) {}

double load_governor::next_seconds() const { return std::min(next_cpu_, next_device_); }

void load_governor::account(double seconds, double busy_seconds, const sim::work_cost& work,
                            const sim::operating_clocks& at) {
  if (!(seconds > 0.0)) return;
  const double kept = std::exp2(-seconds / half_life_seconds);
  const double capacity = at.cpu_hz / board_->points(device::knob::cpu).back();
  utilisation_ = kept * utilisation_ + (1.0 - kept) * (busy_seconds / seconds) * capacity;
  window_seconds_ += seconds;
  if (!(busy_seconds > 0.0)) return;
  const double whole = board_->seconds(work, at);
  gpu_busy_seconds_ += busy_seconds * (1.0 - work.cpu_cycles / at.cpu_hz / whole);
  memory_busy_seconds_ += busy_seconds * work.memory_clocks / at.memory_hz / whole;
}

device::clocks load_governor::orders(double now, const sim::operating_clocks& at) {
  device::clocks wanted;
  if (now >= next_cpu_) {
    const auto& points = board_->points(device::knob::cpu);
    wanted.cpu_hz = point_from(points, headroom * utilisation_ * points.back());
    next_cpu_ = now + cpu_period_seconds;
  }
  if (now >= next_device_) {
    const auto load = [&](double busy_seconds) {
      return window_seconds_ > 0.0 ? std::min(1.0, busy_seconds / window_seconds_) : 0.0;
    };
    wanted.gpu_hz = simple_ondemand(board_->points(device::knob::gpu), at.gpu_hz, load(gpu_busy_seconds_));
    const auto& memory = board_->points(device::knob::memory);
    wanted.memory_hz = std::max(simple_ondemand(memory, at.memory_hz, load(memory_busy_seconds_)),
                                point_from(memory, board_->memory_floor_hz(at.cpu_hz)));
    next_device_ = now + device_period_seconds;
    window_seconds_ = gpu_busy_seconds_ = memory_busy_seconds_ = 0.0;
  }
  return wanted;
}

}  // namespace dvfo::policy
