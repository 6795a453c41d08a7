#include "device/simulated/board_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "device/error.hpp"
#include "device/text_file.hpp"

namespace dvfo::device::simulated {
namespace {

constexpr double kilohertz = 1e3;
constexpr double hwmon_seconds = 0.430;  // what NVIDIA's nvpower.sh sets on JetPack 5 and later
constexpr double iio_seconds = 0.010;    // the iio driver converts on every read; a tree shows means of this long
constexpr int hwmon_samples = 512;
constexpr std::string_view marker = "dvfo-simulated-board";

std::int64_t rounded(double value) { return std::llround(value); }

std::vector<std::int64_t> numbers(const std::vector<double>& points, double unit_hz) {
  std::vector<std::int64_t> out(points.size());
  std::transform(points.begin(), points.end(), out.begin(), [&](double hz) { return rounded(hz / unit_hz); });
  return out;
}

}  // namespace

board_files::board_files(std::filesystem::path root, const board_profile& profile, const physics& model)
    : root_(std::move(root)),
      layout_(&layout_of(profile.name)),
      model_(&model),
      shown_rail_joules_(model.rails().size(), 0.0) {
  const auto kind = read_text(root_ / marker);
  is_taken_up_ = kind && *kind == profile.name;
  std::error_code failed;
  const bool is_empty = std::filesystem::is_empty(root_, failed);
  if (!is_taken_up_ && (!is_empty || failed)) {
    throw error(errc::bad_argument,
                fmt::format("{} is not empty and holds {}; give a simulated {} a folder of its own", root_.string(),
                            kind     ? "a simulated " + *kind
                            : failed ? "what cannot be listed: " + failed.message()
                                     : "no simulated board",
                            profile.name));
  }
  make_identity(profile);
  make_cpu();
  make_gpu();
  make_memory();
  make_rails();
  make_thermal();
  make(std::string(marker), profile.name + "\n");  // last: a tree that was left half made is not taken up
}

board_files::~board_files() = default;

// A knob of a tree that is taken up stays as it stands; all else is written anew.
void board_files::make(const std::string& file, const std::string& text) {
  const auto path = root_ / file;
  std::error_code failed;
  if (is_taken_up_ && std::filesystem::exists(path, failed)) return;
  std::filesystem::create_directories(path.parent_path(), failed);
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) {
    throw error(errc::io,
                fmt::format("{} cannot be written; is there space, and may this user write there?", path.string()));
  }
}

void board_files::link(const std::string& file, const std::string& target) {
  const auto path = root_ / file;
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (std::filesystem::is_symlink(path, failed)) return;
  std::filesystem::create_symlink(target, path, failed);
  if (failed) throw error(errc::io, fmt::format("{} cannot be made: {}", path.string(), failed.message()));
}

void board_files::make_identity(const board_profile& profile) {
  make("proc/device-tree/model", std::string(layout_->model) + '\0');
  make("proc/device-tree/compatible", std::string(layout_->compatible));
  make("etc/nv_tegra_release", std::string(layout_->release) + "\n");
  std::string modes;
  for (const auto& mode : profile.modes) modes += fmt::format("< POWER_MODEL ID={} NAME={} >\n", mode.id, mode.name);
  make("etc/nvpmodel.conf", modes + "< PM_CONFIG DEFAULT=0 >\n");
  make("var/lib/nvpmodel/status", "pmode:0000\n");
}

void board_files::make_cpu() {
  const auto& points = model_->points(knob::cpu);
  const auto table = numbers(points, kilohertz);
  std::size_t cores = 0;
  for (const auto& policy : layout_->policies) {
    cores += policy.size();
    const auto folder = fmt::format("sys/devices/system/cpu/cpufreq/policy{}", policy.front());
    make(folder + "/related_cpus", fmt::format("{}\n", fmt::join(policy, " ")));
    make(folder + "/affected_cpus", fmt::format("{}\n", fmt::join(policy, " ")));
    make(folder + "/scaling_driver", "dvfo-simulated\n");
    make(folder + "/scaling_available_frequencies", fmt::format("{} \n", fmt::join(table, " ")));
    make(folder + "/scaling_available_governors", "userspace powersave performance schedutil \n");
    make(folder + "/scaling_governor", "schedutil\n");
    make(folder + "/scaling_setspeed", "<unsupported>\n");
    make(folder + "/cpuinfo_transition_latency", "300000\n");
    for (const char* file : {"cpuinfo_min_freq", "scaling_min_freq"}) {
      make(folder + "/" + file, fmt::format("{}\n", table.front()));
    }
    for (const char* file : {"cpuinfo_max_freq", "scaling_max_freq", "scaling_cur_freq"}) {
      make(folder + "/" + file, fmt::format("{}\n", table.back()));
    }
    policies_.push_back({folder, folder + "/scaling_min_freq", folder + "/scaling_max_freq",
                         folder + "/scaling_governor", folder + "/scaling_cur_freq", kilohertz, &points});
    for (const int core : policy) {
      make(fmt::format("sys/devices/system/cpu/cpu{}/online", core), "1\n");
      link(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq", core),
           fmt::format("../cpufreq/policy{}", policy.front()));
    }
  }
  for (const char* file : {"possible", "present", "online"}) {
    make(fmt::format("sys/devices/system/cpu/{}", file), fmt::format("0-{}\n", cores - 1));
  }
  make("proc/stat", fmt::format("cpu  0 0 0 0 0 0 0 0 0 0\n"));
}

void board_files::make_gpu() {
  const auto& points = model_->points(knob::gpu);
  const auto table = numbers(points, 1.0);
  const std::filesystem::path device = fmt::format("sys/devices/{}", layout_->gpu_device);
  const auto node = device.filename().string();
  const auto folder = fmt::format("{}/devfreq/{}", device.string(), node);
  make((device / "of_node/name").string(), std::string(layout_->gpu_node) + '\0');
  make((device / "railgate_enable").string(), "1\n");
  make((device / "power/control").string(), "auto\n");
  make((device / "load").string(), "0\n");
  gpu_load_ = (device / "load").string();
  make(folder + "/available_frequencies", fmt::format("{}\n", fmt::join(table, " ")));
  make(folder + "/available_governors", "nvhost_podgov userspace performance\n");
  make(folder + "/governor", "nvhost_podgov\n");
  make(folder + "/min_freq", fmt::format("{}\n", table.front()));
  for (const char* file : {"max_freq", "cur_freq", "target_freq"}) {
    make(folder + "/" + file, fmt::format("{}\n", table.back()));
  }
  link(folder + "/device", "../../../" + node);
  const std::string up = "../../../";  // from sys/class/devfreq
  link("sys/class/devfreq/" + node, up + folder);
  link("sys/devices/gpu.0", std::string(layout_->gpu_device));
  gpu_ = {folder, folder + "/min_freq", folder + "/max_freq", folder + "/governor", folder + "/cur_freq", 1.0, &points};
}

void board_files::make_memory() {
  const auto& points = model_->points(knob::memory);
  const auto table = numbers(points, kilohertz);
  const auto highest = fmt::format("{}\n", rounded(points.back()));
  const auto list = fmt::format("{} (kHz)\n", fmt::join(table, " "));
  const std::string debug = "sys/kernel/debug/";
  if (layout_->gpu_node == "gpu" && layout_->jetpack == 4) {  // Tegra210
    const auto base = debug + "clk/override.emc/";
    emc_rate_ = base + "clk_update_rate";
    emc_lock_ = base + "clk_state";
    emc_current_ = base + "clk_rate";
    make(emc_rate_, highest);
    make(debug + "clk/emc/clk_possible_rates", list);
    make(debug + "tegra_bwmgr/emc_max_rate", highest);
    make(debug + "tegra_bwmgr/emc_min_rate", fmt::format("{}\n", rounded(points.front())));
  } else {
    const auto base = debug + "bpmp/debug/clk/emc/";
    emc_rate_ = emc_current_ = base + "rate";
    emc_lock_ = base + "mrq_rate_locked";
    make(base + "min_rate", fmt::format("{}\n", rounded(points.front())));
    make(base + "max_rate", highest);
    make(base + "state", "1\n");
    make(debug + "bpmp/debug/emc/possible_rates", list);
  }
  make(emc_current_, highest);
  make(emc_lock_, "0\n");
  emc_cap_ = layout_->jetpack < 6 ? "sys/kernel/nvpmodel_emc_cap/emc_iso_cap" : "sys/kernel/nvpmodel_clk_cap/emc";
  make(emc_cap_, layout_->jetpack < 6 ? "0\n" : "-1\n");
}

void board_files::make_rails() {
  const auto& rails = model_->rails();
  int device = 0;
  for (const auto& monitor : layout_->monitors) {
    const auto base = layout_->has_iio()
                          ? fmt::format("sys/bus/i2c/drivers/ina3221x/{}/iio:device{}/", monitor.address, device)
                          : fmt::format("sys/bus/i2c/drivers/ina3221/{}/hwmon/hwmon{}/", monitor.address, device + 3);
    ++device;
    make(base + "name", layout_->has_iio() ? "ina3221x\n" : "ina3221\n");
    if (!layout_->has_iio()) {
      make(base + "update_interval", fmt::format("{}\n", rounded(hwmon_seconds * 1e3)));
      make(base + "samples", fmt::format("{}\n", hwmon_samples));
    }
    for (std::size_t channel = 0; channel < monitor.labels.size(); ++channel) {
      const auto& label = monitor.labels[channel];
      const auto found = std::find_if(rails.begin(), rails.end(), [&](const auto& one) { return one.name == label; });
      const bool is_known = !label.empty() && found != rails.end();
      make(base + fmt::format(fmt::runtime(layout_->has_iio() ? "rail_name_{}" : "in{}_label"),
                              channel + (layout_->has_iio() ? 0 : 1)),
           (is_known ? label : "NC") + "\n");
      if (!is_known) continue;  // not connected, or nothing that the physics knows of
      rail_files files{
          .rail = static_cast<std::size_t>(found - rails.begin()), .watts = {}, .volts = {}, .amperes = {}};
      const auto open = [&](const std::string& file) {
        make(file, "0\n");
        return std::make_unique<live_file>(root_ / file);
      };
      if (layout_->has_iio()) {
        files.watts = open(base + fmt::format("in_power{}_input", channel));
        files.volts = open(base + fmt::format("in_voltage{}_input", channel));
        files.amperes = open(base + fmt::format("in_current{}_input", channel));
      } else {
        files.volts = open(base + fmt::format("in{}_input", channel + 1));
        files.amperes = open(base + fmt::format("curr{}_input", channel + 1));
      }
      rails_.push_back(std::move(files));
    }
  }
}

void board_files::make_thermal() {
  for (std::size_t i = 0; i < layout_->zones.size(); ++i) {
    const auto folder = fmt::format("sys/devices/virtual/thermal/thermal_zone{}", i);
    make(folder + "/type", layout_->zones[i] + "\n");
    make(folder + "/temp", "25000\n");
    link(fmt::format("sys/class/thermal/thermal_zone{}", i),
         fmt::format("../../devices/virtual/thermal/thermal_zone{}", i));
    zones_.push_back(folder + "/temp");
  }
}

double board_files::reading_interval_seconds() const { return layout_->has_iio() ? iio_seconds : hwmon_seconds; }

std::vector<std::filesystem::path> board_files::knob_folders() const {
  std::vector<std::filesystem::path> out;
  for (const auto& policy : policies_) out.push_back(root_ / policy.folder);
  out.push_back(root_ / gpu_.folder);
  for (const auto& file : {emc_rate_, emc_lock_, emc_cap_}) {
    const auto folder = (root_ / file).parent_path();
    if (std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(folder);
  }
  return out;
}

live_file& board_files::live(const std::string& file) {
  auto& slot = live_[file];
  if (!slot) slot = std::make_unique<live_file>(root_ / file);
  return *slot;
}

void board_files::put(const std::string& file, std::int64_t value) { live(file).put(value); }

std::optional<std::int64_t> board_files::number(const std::string& file) const {
  return read_integer(root_ / file).value;
}

double board_files::limit(const std::string& file, double otherwise, std::optional<double>& before,
                          const range_knob& knob) {
  const auto read = read_integer(root_ / file);
  if (read.fault == file_fault::missing) return otherwise;
  // Somebody is writing it and will be heard of again; putting anything there would undo the order.
  if (read.fault == file_fault::try_again) return before.value_or(otherwise);
  const auto written = read.value;
  const double hz = nearest_point(*knob.points, written ? static_cast<double>(*written) * knob.unit_hz : otherwise);
  if (!written || *written != rounded(hz / knob.unit_hz)) put(file, rounded(hz / knob.unit_hz));
  before = hz;
  return hz;
}

// What cpufreq and devfreq do with two limits: each snapped to the table, the lower never above the upper. Governors
// hold the upper limit, because a board that computes has load; `powersave` holds the lower.
double board_files::range_order(range_knob& knob) {
  // A kernel is asked by one writer at a time; a reader of files may see the lower limit of an order and the upper one
  // of the next. Nobody leaves the two crossed for long: only if they are found so again and again did somebody mean
  // it.
  constexpr int looks = 4;
  double lower = 0.0;
  double upper = 0.0;
  for (int i = 0; i < looks; ++i) {
    lower = limit(knob.min, knob.points->front(), knob.lower_hz, knob);
    upper = limit(knob.max, knob.points->back(), knob.upper_hz, knob);
    if (lower <= upper) break;
  }
  if (lower > upper) {
    if (number(knob.min) == rounded(lower / knob.unit_hz)) put(knob.min, rounded(upper / knob.unit_hz));
    lower = upper;
  }
  const auto governor = read_text(root_ / knob.governor);
  return governor && *governor == "powersave" ? lower : upper;
}

double board_files::memory_order(double cpu_hz) {
  const auto& points = model_->points(knob::memory);
  const auto cap = number(emc_cap_);
  const auto rate = number(emc_rate_);
  memory_taken_ = rate;
  clocks order;
  clocks caps;
  if (cap && *cap > 0) caps.memory_hz = static_cast<double>(*cap);
  const bool is_locked = number(emc_lock_).value_or(0) == 1;
  if (is_locked) order.memory_hz = rate ? static_cast<double>(*rate) : points.back();
  order.cpu_hz = cpu_hz;
  return model_->effective(order, caps, is_locked).memory_hz;
}

operating_clocks board_files::take_orders() {
  operating_clocks out;
  for (auto& policy : policies_) out.cpu_hz = std::max(out.cpu_hz, range_order(policy));
  out.gpu_hz = range_order(gpu_);
  out.memory_hz = memory_order(out.cpu_hz);
  return out;
}

void board_files::show_clocks(const operating_clocks& in_force) {
  for (auto& policy : policies_) {
    // Each policy runs at its own limit, which may have changed alone; the one that the physics counts is the fastest.
    const auto limit = number(policy.max);
    const double hz = limit ? std::min(in_force.cpu_hz, static_cast<double>(*limit) * kilohertz) : in_force.cpu_hz;
    if (policy.shown_hz != hz) put(policy.current, rounded(hz / kilohertz));
    policy.shown_hz = hz;
  }
  if (in_force.gpu_hz != shown_.gpu_hz) put(gpu_.current, rounded(in_force.gpu_hz));
  // The firmware takes and shows the memory clock by one file: an order that came meanwhile must stay there.
  const auto standing = number(emc_current_);
  const bool is_order_waiting = emc_current_ == emc_rate_ && standing != memory_taken_;
  const std::int64_t rate = rounded(in_force.memory_hz);
  if (in_force.memory_hz != shown_.memory_hz && !is_order_waiting) {
    // What stands there already is not written again: it might be over an order of this very instant.
    if (standing != rate) put(emc_current_, rate);
    if (emc_current_ == emc_rate_) memory_taken_ = rate;
  }
  shown_ = in_force;
}

void board_files::show_readings(const board_state& board) {
  const double seconds = board.now() - shown_at_;
  if (seconds <= 0.0) return;
  for (auto& files : rails_) {
    const double watts = (board.rail_joules()[files.rail] - shown_rail_joules_[files.rail]) / seconds;
    files.volts->put(rounded(layout_->rail_volts * 1e3));
    files.amperes->put(rounded(watts / layout_->rail_volts * 1e3));
    if (files.watts) files.watts->put(rounded(watts * 1e3));
  }
  shown_rail_joules_ = board.rail_joules();
  put(gpu_load_, rounded(1e3 * std::clamp((board.busy_seconds() - shown_busy_seconds_) / seconds, 0.0, 1.0)));
  shown_busy_seconds_ = board.busy_seconds();
  for (const auto& zone : zones_) put(zone, rounded(board.celsius() * 1e3));
  shown_at_ = board.now();
}

}  // namespace dvfo::device::simulated
