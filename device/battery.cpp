// Batteries by the kernel's power_supply class: microwatts, or microamperes and microvolts. What they give is what the
// machine draws only while they discharge and no mains adapter helps.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "device/power_meter.hpp"
#include "device/sensor_file.hpp"

namespace dvfo::device {
namespace {

constexpr double micro = 1e-6;
constexpr double highest_watts = 500.0;
constexpr double highest_volts = 100.0;
constexpr double highest_amperes = 50.0;
constexpr double update_seconds = 2.0;  // a battery's controller measures every second or slower

class battery {
 public:
  battery(const std::filesystem::path& folder, std::string name, const notice* warn)
      : name_(std::move(name)),
        status_file_(folder / "status"),
        volts_(folder / "voltage_now"),
        amperes_(folder / "current_now"),
        watch_("battery " + name_, warn) {
    if (read_integer(folder / "power_now").fault != file_fault::missing) power_.emplace(folder / "power_now");
  }

  /// Absent unless the battery discharges.
  std::optional<rail_reading> read(time_point now);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_discharging() const { return state_ == "Discharging"; }
  [[nodiscard]] bool is_charging() const { return state_ == "Charging"; }
  [[nodiscard]] bool is_alive() const { return !watch_.is_dropped(); }
  [[nodiscard]] sensor_status status() const;

 private:
  std::optional<rail_reading> measure(time_point now);
  void fail(time_point now, const reading<double>& watts, const reading<double>& volts, const reading<double>& amperes);
  [[nodiscard]] std::string remedy() const;

  std::string name_;
  sensor_file status_file_;
  sensor_file volts_;
  sensor_file amperes_;
  std::optional<sensor_file> power_;
  fault_watch watch_;
  std::string state_ = "Unknown";
  bool lacks_current_ = false;  ///< neither a power nor a current: for good, as far as one can know
};

std::optional<rail_reading> battery::read(time_point now) {
  if (!watch_.is_due(now)) return std::nullopt;
  const auto state = status_file_.read_text();
  state_ = "Unknown";
  if (state) state_ = std::string(state->substr(0, state->find('\n')));
  if (!state) {
    watch_.failed(now, describe(status_file_.path(), device::read_text(status_file_.path())));
    return std::nullopt;
  }
  if (is_discharging()) return measure(now);
  watch_.succeeded();
  return std::nullopt;
}

std::optional<rail_reading> battery::measure(time_point now) {
  rail_reading result;
  result.name = name_;
  // Some drivers give a discharge a minus sign.
  const auto volts = read_within(volts_, 0.0, highest_volts, micro);
  const auto amperes = read_within(amperes_, -highest_amperes, highest_amperes, micro);
  result.volts = volts.value;
  if (amperes) result.amperes = std::abs(*amperes);
  reading<double> watts;
  if (power_) {
    watts = read_within(*power_, -highest_watts, highest_watts, micro);
    if (watts) result.watts = std::abs(*watts);
  }
  if (!result.watts && result.volts && result.amperes) result.watts = *result.volts * *result.amperes;
  if (!result.watts || *result.watts > highest_watts) {
    fail(now, watts, volts, amperes);
    return std::nullopt;
  }
  watch_.succeeded();
  return result;
}

/// Why there are no watts: of what the battery has, the first that failed.
void battery::fail(time_point now, const reading<double>& watts, const reading<double>& volts,
                   const reading<double>& amperes) {
  lacks_current_ = !power_ && amperes.fault == file_fault::missing;
  if (power_ && watts.fault != file_fault::none) return watch_.failed(now, describe(power_->path(), watts));
  if (!volts) return watch_.failed(now, describe(volts_.path(), volts));
  if (!amperes) return watch_.failed(now, describe(amperes_.path(), amperes));
  watch_.failed(now, fmt::format("{} and {} make more than {:.0f} W", volts_.path().string(), amperes_.path().string(),
                                 highest_watts));
}

/// What would help depends on why: only a battery that does not discharge is helped by pulling the plug.
std::string battery::remedy() const {
  if (watch_.reason().empty()) return "unplug the mains adapter, or use a machine with RAPL";
  if (lacks_current_) return {};
  return "look at the kernel log for the battery's driver; it is read again as soon as it answers";
}

sensor_status battery::status() const {
  sensor_status result;
  result.name = name_;
  result.where = (power_ ? power_->path() : amperes_.path()).string();
  result.is_present = watch_.reason().empty() && is_discharging();
  if (result.is_present) return result;
  result.reason = watch_.reason().empty()
                      ? "the battery tells the machine's power only while it discharges; its state is " + state_
                      : watch_.reason();
  if (lacks_current_ && !watch_.reason().empty()) {
    result.reason += ", and there is no power_now: this battery does not tell what it gives";
  }
  result.remedy = remedy();
  return result;
}

class batteries : public power_meter {
 public:
  explicit batteries(std::vector<battery> all) : all_(std::move(all)) {}

  board_power read(time_point now, bool /*in_detail*/, std::vector<rail_reading>& to) override {
    double watts = 0.0;
    bool is_complete = true;
    for (battery& one : all_) {
      const auto reading = one.read(now);
      // While one charges, energy goes round in a circle; while one cannot be read, a part is missing.
      is_complete = is_complete && !one.is_charging() && (reading.has_value() || !one.is_discharging());
      if (!reading) continue;
      watts += *reading->watts;
      to.push_back(*reading);
    }
    if (!is_complete || watts <= 0.0) return {};
    return {watts, std::nullopt};
  }

  [[nodiscard]] double update_interval_seconds() const override { return update_seconds; }

  [[nodiscard]] std::string total_source() const override {
    std::vector<std::string> names;
    for (const battery& one : all_) names.push_back(one.name());
    return fmt::format("battery {}", fmt::join(names, " and "));
  }

  void append_status(std::vector<sensor_status>& to) const override {
    for (const battery& one : all_) {
      to.push_back(one.status());
      to.back().is_total = true;
    }
  }

  [[nodiscard]] bool is_alive() const override {
    return std::any_of(all_.begin(), all_.end(), [](const battery& one) { return one.is_alive(); });
  }

 private:
  std::vector<battery> all_;
};

}  // namespace

std::unique_ptr<power_meter> find_batteries(const board_identity& board, const notice* warn) {
  const std::filesystem::path folder = below(board.root, "/sys/class/power_supply");
  std::vector<battery> found;
  for (const std::string& name : list_folder(folder)) {
    const auto type = read_text(folder / name / "type");
    const auto scope = read_text(folder / name / "scope");
    // Scope "Device": the battery of a mouse or a keyboard.
    if (!type || *type != "Battery" || (scope && *scope == "Device")) continue;
    found.emplace_back(folder / name, name, warn);
  }
  if (found.empty()) return nullptr;
  return std::make_unique<batteries>(std::move(found));
}

}  // namespace dvfo::device
