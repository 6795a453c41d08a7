// INA3221 power monitors. JetPack 4 has NVIDIA's iio driver (rail_name_N, in_voltageN_input mV, in_currentN_input mA,
// in_powerN_input mW), JetPack 5 and later the kernel's hwmon driver (inN_label, inN_input mV, currN_input mA, no
// power).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <utility>

#include "device/distinct_names.hpp"
#include "device/power_meter.hpp"
#include "device/sensor_file.hpp"
#include "device/total_check.hpp"

namespace dvfo::device {
namespace {

constexpr double milli = 1e-3;
// Beyond what the chip can measure (26 V, 163.8 mV over 5 mΩ): a reading there is no measurement.
constexpr double highest_volts = 26.0;
constexpr double highest_amperes = 100.0;

// The iio driver converts anew at each reading, so nothing is too fast but for the I²C bus: energymon measured less
// than 1 % of a core for the six rails of AGX Xavier every 10 ms. A TX2 has twelve. The hwmon driver can be set as fast
// as that too, by its update_interval.
constexpr double shortest_interval_seconds = 0.02;

/// Labels of rails that carry the whole board where the profile's own label is not found (NVIDIA renamed some).
constexpr std::array whole_board_labels{"VDD_IN", "POM_5V_IN"};

/// Samples of several channels are not taken at one instant, and a load may step in between.
constexpr double refuted_after_seconds = 2.0;

/// Files of one channel, as they were found.
struct channel {
  named_place label;  ///< two chips may have one label
  std::filesystem::path volts, amperes;
  std::filesystem::path power;  ///< iio only
};

struct rail {
  rail(const channel& from, std::string distinct_name, double most_watts, const notice* warn)
      : label(from.label.name),
        name(std::move(distinct_name)),
        highest_watts(most_watts),
        volts(from.volts),
        amperes(from.amperes),
        watch("power rail " + name, warn) {
    if (!from.power.empty()) power.emplace(from.power);
  }

  std::string label;
  std::string name;
  double highest_watts;
  sensor_file volts;
  sensor_file amperes;
  std::optional<sensor_file> power;
  fault_watch watch;
  bool is_in_total = false;
  std::optional<double> newest;  ///< watts of this round
  std::string doubt;             ///< why it is not the total that it should be

  std::optional<rail_reading> read(time_point now, bool in_detail);

 private:
  std::optional<rail_reading> fail(time_point now, const sensor_file& file, const reading<double>& failed) {
    watch.failed(now, describe(file.path(), failed));
    return std::nullopt;
  }
};

std::optional<rail_reading> rail::read(time_point now, bool in_detail) {
  if (!watch.is_due(now)) return std::nullopt;
  rail_reading result;
  if (power) {
    const auto watts = read_within(*power, -highest_watts, highest_watts, milli);
    if (!watts) return fail(now, *power, watts);
    result.watts = *watts;
  }
  if (!power || in_detail) {
    const auto measured_volts = read_within(volts, 0.0, highest_volts, milli);
    if (!measured_volts && !power) return fail(now, volts, measured_volts);
    const auto measured_amperes = read_within(amperes, -highest_amperes, highest_amperes, milli);
    if (!measured_amperes && !power) return fail(now, amperes, measured_amperes);
    result.volts = measured_volts.value;
    result.amperes = measured_amperes.value;
    if (!power) result.watts = *result.volts * *result.amperes;
  }
  if (std::abs(*result.watts) > highest_watts) {
    watch.failed(now, fmt::format("{} and {} make {:.0f} W, expected were at most {:.0f} W", volts.path().string(),
                                  amperes.path().string(), *result.watts, highest_watts));
    return std::nullopt;
  }
  watch.succeeded();
  result.name = name;
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

struct found_channels {
  std::vector<channel> channels;
  std::vector<std::filesystem::path> intervals;  ///< update_interval of each hwmon chip
};

/// Channels 1 to 3 only: in4 to in7 and curr4 are shunt voltages and sums.
void add_hwmon_chip(const std::filesystem::path& chip, const std::string& address, found_channels& to) {
  for (int i = 1; i <= 3; ++i) {
    const auto label = read_text(chip / fmt::format("in{}_label", i));
    if (!label || is_not_connected(*label)) continue;
    to.channels.push_back({{*label, fmt::format("{}.{}", address, i)},
                           chip / fmt::format("in{}_input", i),
                           chip / fmt::format("curr{}_input", i),
                           {}});
  }
  to.intervals.push_back(chip / "update_interval");
}

void add_iio_chip(const std::filesystem::path& chip, const std::string& address, found_channels& to) {
  for (int i = 0; i < 3; ++i) {
    const auto label = read_text(chip / fmt::format("rail_name_{}", i));
    if (!label || is_not_connected(*label)) continue;
    to.channels.push_back({{*label, fmt::format("{}.{}", address, i)},
                           chip / fmt::format("in_voltage{}_input", i),
                           chip / fmt::format("in_current{}_input", i),
                           chip / fmt::format("in_power{}_input", i)});
  }
}

found_channels find_channels(const std::filesystem::path& root) {
  found_channels found;
  const std::filesystem::path iio = below(root, "/sys/bus/i2c/drivers/ina3221x");
  for (const std::string& address : list_folder(iio)) {
    for (const std::string& chip : list_folder(iio / address)) {
      // Older images call the folder iio_device.
      if (chip.starts_with("iio:device") || chip == "iio_device") add_iio_chip(iio / address / chip, address, found);
    }
  }
  const std::filesystem::path hwmon = below(root, "/sys/bus/i2c/drivers/ina3221");
  for (const std::string& address : list_folder(hwmon)) {
    for (const std::string& chip : list_folder(hwmon / address / "hwmon")) {
      add_hwmon_chip(hwmon / address / "hwmon" / chip, address, found);
    }
  }
  return found;
}

std::vector<rail> open_rails(const board_profile& profile, const std::vector<channel>& channels, const notice* warn) {
  std::vector<named_place> labels;
  labels.reserve(channels.size());
  for (const channel& one : channels) labels.push_back(one.label);
  const std::vector<std::string> names = distinct_names(labels);
  std::vector<rail> rails;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    // A rail that carries a part carries no more than the board.
    rails.emplace_back(channels[i], names[i], device::highest_watts(profile), warn);
  }
  return rails;
}

class power_rails : public power_meter {
 public:
  power_rails(const board_profile& profile, found_channels found, const notice* warn)
      : rails_(open_rails(profile, found.channels, warn)), intervals_(std::move(found.intervals)), warn_(warn) {
    if (profile.total == total_rule::sum) {
      choose_sum(profile.rails);
    } else {
      choose_one(profile);
    }
  }

  board_power read(time_point now, bool in_detail, std::vector<rail_reading>& to) override {
    for (rail& one : rails_) {
      auto reading = one.read(now, in_detail);
      one.newest = reading ? reading->watts : std::nullopt;
      if (reading) to.push_back(std::move(*reading));
    }
    judge_total(now);
    double watts = 0.0;
    bool is_complete = !total_source_.empty() && !is_doubtful_;
    for (const rail& one : rails_) {
      if (!one.is_in_total) continue;
      // A sum that lacks a part would be a wrong total, not a smaller one.
      is_complete = is_complete && one.newest.has_value();
      watts += one.newest.value_or(0.0);
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
  void choose_one(const board_profile& profile);
  void choose_sum(const std::vector<std::string>& labels);
  void judge_total(time_point now);
  void take_parts();
  rail* find(std::string_view label);

  std::vector<rail> rails_;
  std::vector<std::filesystem::path> intervals_;
  const notice* warn_;
  rail* total_ = nullptr;     ///< the one rail that carries everything, while it is believed
  std::vector<rail*> parts_;  ///< what it carries, none within another
  total_check check_{refuted_after_seconds};
  bool is_doubtful_ = false;
  std::string total_source_;
  std::string missing_;  ///< why there is no total
};

rail* power_rails::find(std::string_view label) {
  const auto found = std::find_if(rails_.begin(), rails_.end(), [&](const rail& one) { return one.label == label; });
  return found == rails_.end() ? nullptr : &*found;
}

void power_rails::choose_one(const board_profile& profile) {
  total_ = find(profile.total_rail);
  for (const char* other : whole_board_labels) total_ = total_ == nullptr ? find(other) : total_;
  if (total_ == nullptr) {
    missing_ = fmt::format("no rail is called {}", profile.total_rail);
    return;
  }
  for (const std::string& label : profile.rails) {
    rail* const part = find(label);
    if (part != nullptr && part != total_) parts_.push_back(part);
  }
  total_->is_in_total = true;
  total_source_ = "rail " + total_->label;
}

void power_rails::judge_total(time_point now) {
  is_doubtful_ = false;
  if (total_ == nullptr || !total_->newest || parts_.empty()) return;
  double sum = 0.0;
  for (const rail* part : parts_) {
    if (!part->newest) return;
    sum += *part->newest;
  }
  const auto verdict = check_.on_watts(now, *total_->newest, sum);
  is_doubtful_ = verdict == total_check::verdict::doubtful;
  if (verdict != total_check::verdict::refuted) return;
  total_->doubt =
      fmt::format("it gives {:.2f} W where its parts give {:.2f} W: their sum is taken instead", *total_->newest, sum);
  take_parts();
}

/// They leave out what the board draws beside them, and yet are nearer to it than a total below them.
void power_rails::take_parts() {
  if (*warn_) {
    (*warn_)(fmt::format("power rail {} is not the total that it should be: {}", total_->name, total_->doubt));
  }
  total_->is_in_total = false;
  total_ = nullptr;
  for (rail* part : parts_) part->is_in_total = true;
  total_source_ = parts_.size() == 1 ? "rail " + parts_.front()->label : fmt::format("sum of {} rails", parts_.size());
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
    status.name = one.name;
    status.where = (one.power ? one.power->path() : one.volts.path()).string();
    status.is_present = one.watch.reason().empty();
    status.is_total = one.is_in_total && !total_source_.empty();
    status.reason = status.is_present ? one.doubt : one.watch.reason();
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
  found_channels found = find_channels(board.root);
  if (found.channels.empty()) return nullptr;
  return std::make_unique<power_rails>(*board.profile, std::move(found), warn);
}

}  // namespace dvfo::device
