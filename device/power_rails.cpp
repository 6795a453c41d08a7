// INA3221 power monitors. JetPack 4 has NVIDIA's iio driver (rail_name_N, in_voltageN_input mV, in_currentN_input mA,
// in_powerN_input mW), JetPack 5 and later the kernel's hwmon driver (inN_label, inN_input mV, currN_input mA, no
// power).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "device/power_meter.hpp"
#include "device/sensor_file.hpp"

namespace dvfo::device {
namespace {

constexpr double milli = 1e-3;
// Beyond what the chip can measure (26 V, 163.8 mV over 5 mΩ): a reading there is no measurement.
constexpr double highest_volts = 26.0;
constexpr double highest_amperes = 100.0;
constexpr double highest_watts = 1000.0;

// The iio driver converts anew at each reading, so nothing is too fast but for the I²C bus: energymon measured less
// than 1 % of a core for the six rails of AGX Xavier every 10 ms. A TX2 has twelve. The hwmon driver can be set as fast
// as that too, by its update_interval.
constexpr double shortest_interval_seconds = 0.02;

/// Labels of rails that carry the whole board where the profile's own label is not found (NVIDIA renamed some).
constexpr std::array whole_board_labels{"VDD_IN", "POM_5V_IN"};

struct rail {
  std::string label;
  sensor_file volts;
  sensor_file amperes;
  std::optional<sensor_file> power;  ///< iio only
  fault_watch watch;
  bool is_in_total = false;

  std::optional<rail_reading> read(time_point now, bool in_detail);

 private:
  std::optional<rail_reading> fail(time_point now, const sensor_file& file, file_fault fault,
                                   const std::string& found) {
    watch.failed(now, describe(file.path(), fault, found));
    return std::nullopt;
  }
};

std::optional<rail_reading> rail::read(time_point now, bool in_detail) {
  if (!watch.is_due(now)) return std::nullopt;
  rail_reading result;
  if (power) {
    const auto watts = read_within(*power, -highest_watts, highest_watts, milli);
    if (!watts) return fail(now, *power, watts.fault, watts.found);
    result.watts = *watts;
  }
  if (!power || in_detail) {
    const auto measured_volts = read_within(volts, 0.0, highest_volts, milli);
    if (!measured_volts && !power) return fail(now, volts, measured_volts.fault, measured_volts.found);
    const auto measured_amperes = read_within(amperes, -highest_amperes, highest_amperes, milli);
    if (!measured_amperes && !power) return fail(now, amperes, measured_amperes.fault, measured_amperes.found);
    result.volts = measured_volts.value;
    result.amperes = measured_amperes.value;
    if (!power) result.watts = *result.volts * *result.amperes;
  }
  watch.succeeded();
  result.name = label;
  return result;
}

/// Whether the label says that nothing is connected: the word NC.
bool is_not_connected(std::string_view label) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t at = label.find("NC"); at != std::string_view::npos; at = label.find("NC", at + 1)) {
    const bool begins = at == 0 || !is_word(label[at - 1]);
    const bool ends = at + 2 == label.size() || !is_word(label[at + 2]);
    if (begins && ends) return true;
  }
  return false;
}

struct found_rails {
  std::vector<rail> rails;
  std::vector<std::filesystem::path> intervals;  ///< update_interval of each hwmon chip
};

/// Channels 1 to 3 only: in4 to in7 and curr4 are shunt voltages and sums.
void add_hwmon_chip(const std::filesystem::path& chip, const notice* warn, found_rails& to) {
  for (int i = 1; i <= 3; ++i) {
    const auto label = read_text(chip / fmt::format("in{}_label", i));
    if (!label || is_not_connected(*label)) continue;
    to.rails.push_back({*label, sensor_file(chip / fmt::format("in{}_input", i)),
                        sensor_file(chip / fmt::format("curr{}_input", i)), std::nullopt,
                        fault_watch("power rail " + *label, warn)});
  }
  to.intervals.push_back(chip / "update_interval");
}

void add_iio_chip(const std::filesystem::path& chip, const notice* warn, found_rails& to) {
  for (int i = 0; i < 3; ++i) {
    const auto label = read_text(chip / fmt::format("rail_name_{}", i));
    if (!label || is_not_connected(*label)) continue;
    to.rails.push_back({*label, sensor_file(chip / fmt::format("in_voltage{}_input", i)),
                        sensor_file(chip / fmt::format("in_current{}_input", i)),
                        sensor_file(chip / fmt::format("in_power{}_input", i)),
                        fault_watch("power rail " + *label, warn)});
  }
}

found_rails find_rails(const std::filesystem::path& root, const notice* warn) {
  found_rails found;
  const std::filesystem::path iio = below(root, "/sys/bus/i2c/drivers/ina3221x");
  for (const std::string& address : list_folder(iio)) {
    for (const std::string& chip : list_folder(iio / address)) {
      // Older images call the folder iio_device.
      if (chip.starts_with("iio:device") || chip == "iio_device") add_iio_chip(iio / address / chip, warn, found);
    }
  }
  const std::filesystem::path hwmon = below(root, "/sys/bus/i2c/drivers/ina3221");
  for (const std::string& address : list_folder(hwmon)) {
    for (const std::string& chip : list_folder(hwmon / address / "hwmon")) {
      add_hwmon_chip(hwmon / address / "hwmon" / chip, warn, found);
    }
  }
  return found;
}

class power_rails : public power_meter {
 public:
  power_rails(const board_profile& profile, found_rails found)
      : rails_(std::move(found.rails)), intervals_(std::move(found.intervals)) {
    if (profile.total == total_rule::sum) {
      choose_sum(profile.rails);
    } else {
      choose_one(profile.total_rail);
    }
  }

  board_power read(time_point now, bool in_detail, std::vector<rail_reading>& to) override {
    double watts = 0.0;
    bool is_complete = !total_source_.empty();
    for (rail& one : rails_) {
      const auto reading = one.read(now, in_detail);
      if (reading) to.push_back(*reading);
      if (!one.is_in_total) continue;
      // A sum that lacks a part would be a wrong total, not a smaller one.
      is_complete = is_complete && reading.has_value();
      if (reading) watts += *reading->watts;
    }
    // A board that runs this code draws power: 0 is what the chip gives while it is off.
    if (!is_complete || watts <= 0.0) return {};
    return {watts, std::nullopt};
  }

  [[nodiscard]] double update_interval_seconds() const override {
    double longest = shortest_interval_seconds;
    for (const auto& file : intervals_) {
      const auto milliseconds = read_integer(file);
      if (milliseconds) longest = std::max(longest, static_cast<double>(*milliseconds) * milli);
    }
    return longest;
  }

  [[nodiscard]] std::string total_source() const override { return total_source_; }
  void append_status(std::vector<sensor_status>& to) const override;

  [[nodiscard]] bool is_alive() const override {
    return std::any_of(rails_.begin(), rails_.end(), [](const rail& one) { return !one.watch.is_dropped(); });
  }

 private:
  void choose_one(const std::string& label);
  void choose_sum(const std::vector<std::string>& labels);
  rail* find(std::string_view label);

  std::vector<rail> rails_;
  std::vector<std::filesystem::path> intervals_;
  std::string total_source_;
  std::string missing_;  ///< why there is no total
};

rail* power_rails::find(std::string_view label) {
  const auto found = std::find_if(rails_.begin(), rails_.end(), [&](const rail& one) { return one.label == label; });
  return found == rails_.end() ? nullptr : &*found;
}

void power_rails::choose_one(const std::string& label) {
  rail* total = find(label);
  for (const char* other : whole_board_labels) total = total == nullptr ? find(other) : total;
  if (total == nullptr) {
    missing_ = fmt::format("no rail is called {}", label);
    return;
  }
  total->is_in_total = true;
  total_source_ = "rail " + total->label;
}

void power_rails::choose_sum(const std::vector<std::string>& labels) {
  std::vector<std::string> absent;
  for (const std::string& label : labels) {
    rail* const part = find(label);
    if (part != nullptr) part->is_in_total = true;
    if (part == nullptr) absent.push_back(label);
  }
  if (absent.size() == labels.size()) {
    // Another labelling of the same board: all that is there is the best sum.
    for (rail& one : rails_) one.is_in_total = true;
  } else if (!absent.empty()) {
    missing_ = fmt::format("the sum lacks {}", fmt::join(absent, ", "));
    return;
  }
  const auto parts = std::count_if(rails_.begin(), rails_.end(), [](const rail& one) { return one.is_in_total; });
  total_source_ = fmt::format("sum of {} rails", parts);
}

void power_rails::append_status(std::vector<sensor_status>& to) const {
  for (const rail& one : rails_) {
    sensor_status status;
    status.name = one.label;
    status.where = (one.power ? one.power->path() : one.volts.path()).string();
    status.is_present = one.watch.reason().empty();
    status.is_total = one.is_in_total && !total_source_.empty();
    status.reason = one.watch.reason();
    if (!status.is_present) {
      status.remedy = "look at the kernel log for the INA3221 driver; it is read again as soon as it answers";
    }
    to.push_back(std::move(status));
  }
  if (missing_.empty()) return;
  to.push_back({"total power", "/sys/bus/i2c/drivers/ina3221*", false, true, missing_,
                "check that every INA3221 is bound to its driver and that the board was recognised as what it is"});
}

}  // namespace

std::unique_ptr<power_meter> find_power_rails(const board_identity& board, const notice* warn) {
  found_rails found = find_rails(board.root, warn);
  if (found.rails.empty()) return nullptr;
  return std::make_unique<power_rails>(*board.profile, std::move(found));
}

}  // namespace dvfo::device
