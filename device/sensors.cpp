#include "device/sensors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "device/clock_meter.hpp"
#include "device/power_meter.hpp"
#include "device/temperatures.hpp"
#include "device/utilisation.hpp"

namespace dvfo::device {
namespace {

/// Sensors that were not found are looked for again: drivers are loaded late, a GPU appears when it was powered once.
constexpr std::chrono::seconds search_after{10};

constexpr double interval_without_power_seconds = 1.0;

/// Passes one text on for each sensor, whose name stands before the colon: a sensor that is looked for anew may fail
/// again, and what it gives then may read differently each time.
notice once(notice receiver) {
  if (!receiver) return receiver;
  return [receiver = std::move(receiver), said = std::set<std::string>()](const std::string& text) mutable {
    if (said.insert(text.substr(0, text.find(": "))).second) receiver(text);
  };
}

}  // namespace

struct sensor_set::impl {
  impl(board_identity which, notice receiver)
      : board(std::move(which)), warn(once(std::move(receiver))), cpu(board, &warn), memory(board, &warn) {
    search();
  }

  void search();
  void search_again(time_point now);
  [[nodiscard]] const power_meter* total_meter() const;
  void read_power(time_point now, bool in_detail, telemetry& to);

  board_identity board;
  notice warn;
  std::vector<std::unique_ptr<power_meter>> meters;  // the first that knows the board's power is the one that counts
  cpu_utilisation cpu;
  memory_utilisation memory;
  std::optional<gpu_utilisation> gpu;
  std::optional<clock_meter> clock;
  std::optional<temperatures> temperature;
  std::optional<time_point> last_search;
};

/// Opens what is not there or was dropped as a whole.
void sensor_set::impl::search() {
  std::erase_if(meters, [](const auto& meter) { return !meter->is_alive(); });
  if (meters.empty()) {
    const auto add = [this](std::unique_ptr<power_meter> meter) {
      if (meter) meters.push_back(std::move(meter));
    };
    if (board.profile->chip != soc::other) {
      add(find_power_rails(board, &warn));
    } else {
      if (board.profile->total != total_rule::battery) add(find_rapl(board, &warn));
      add(find_batteries(board, &warn));
    }
  }
  if (!gpu || !gpu->is_alive()) gpu.emplace(board, &warn);
  if (!clock || !clock->is_alive()) clock.emplace(board, &warn);
  if (!temperature || !temperature->is_alive()) temperature.emplace(board, &warn);
}

void sensor_set::impl::search_again(time_point now) {
  if (!last_search) last_search = now;
  if (now - *last_search < search_after) return;
  last_search = now;
  search();
}

const power_meter* sensor_set::impl::total_meter() const {
  const auto found =
      std::find_if(meters.begin(), meters.end(), [](const auto& meter) { return !meter->total_source().empty(); });
  return found == meters.end() ? nullptr : found->get();
}

void sensor_set::impl::read_power(time_point now, bool in_detail, telemetry& to) {
  for (const auto& meter : meters) {
    const bool is_total = meter.get() == total_meter();
    if (!is_total && !in_detail) continue;
    const board_power power = meter->read(now, in_detail, to.rails);
    if (!is_total) continue;
    to.total_watts = power.watts;
    to.total_joules = power.joules;
    to.counted_since = power.counted_since;
  }
}

sensor_set::sensor_set(board_identity board, notice warn)
    : impl_(std::make_unique<impl>(std::move(board), std::move(warn))) {}
sensor_set::~sensor_set() = default;
sensor_set::sensor_set(sensor_set&&) noexcept = default;
sensor_set& sensor_set::operator=(sensor_set&&) noexcept = default;

telemetry sensor_set::read(time_point now) {
  impl_->search_again(now);
  telemetry result;
  result.when = now;
  impl_->read_power(now, true, result);
  result.cpu_utilisation = impl_->cpu.read(now);
  result.gpu_utilisation = impl_->gpu->read(now);
  result.now = impl_->clock->read(now);
  result.memory_utilisation = impl_->memory.read(now, result.now.memory_hz);
  impl_->temperature->read(now, result.temperatures);
  return result;
}

telemetry sensor_set::read_power(time_point now) {
  impl_->search_again(now);
  telemetry result;
  result.when = now;
  impl_->read_power(now, false, result);
  return result;
}

double sensor_set::update_interval_seconds() const {
  const power_meter* const meter = impl_->total_meter();
  if (meter != nullptr) return meter->update_interval_seconds();
  return impl_->meters.empty() ? interval_without_power_seconds : impl_->meters.front()->update_interval_seconds();
}

std::string sensor_set::total_source() const {
  const power_meter* const meter = impl_->total_meter();
  return meter == nullptr ? std::string() : meter->total_source();
}

namespace {

/// Where not one power sensor was found.
sensor_status no_power_sensor(const board_identity& board) {
  sensor_status result;
  result.name = "total power";
  result.is_total = true;
  if (board.profile->chip != soc::other) {
    result.where = "/sys/bus/i2c/drivers/ina3221*";
    result.reason = "no INA3221 is bound to its driver";
    result.remedy =
        "load the driver (ina3221x or ina3221); a Jetson Nano 2GB has no such chip and can only be estimated";
    return result;
  }
  result.where = "/sys/class/powercap, /sys/class/power_supply";
  result.reason = "neither RAPL nor a battery was found";
  if (board.hypervisor.empty()) {
    result.remedy = "on an Intel or AMD processor, load the kernel module intel_rapl_msr";
  } else {
    result.reason += ": a virtual machine is not shown its host's sensors, and its energy can only be estimated";
  }
  return result;
}

}  // namespace

std::vector<sensor_status> sensor_set::status() const {
  std::vector<sensor_status> result;
  // What was appended last is of this kind.
  auto mark = [&result, done = std::size_t{0}](sensor_kind kind) mutable {
    for (; done < result.size(); ++done) result[done].kind = kind;
  };
  const power_meter* const total = impl_->total_meter();
  for (const auto& meter : impl_->meters) {
    const std::size_t first = result.size();
    meter->append_status(result);
    for (std::size_t i = first; i < result.size(); ++i) result[i].is_total &= total == nullptr || meter.get() == total;
  }
  if (impl_->meters.empty()) result.push_back(no_power_sensor(impl_->board));
  mark(sensor_kind::power);
  result.push_back(impl_->cpu.status());
  result.push_back(impl_->gpu->status());
  result.push_back(impl_->memory.status());
  mark(sensor_kind::utilisation);
  impl_->clock->append_status(result);
  mark(sensor_kind::clock);
  impl_->temperature->append_status(result);
  mark(sensor_kind::temperature);
  return result;
}

}  // namespace dvfo::device
