#include "cli/doctor/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "cli/doctor/clock_state_row.hpp"
#include "cli/terminal/text_lines.hpp"
#include "device/knob_survey.hpp"
#include "device/sensors.hpp"
#include "device/text_file.hpp"

namespace dvfo::cli {
namespace {

using device::sensor_kind;
using device::soc;
using rows = std::vector<doctor_row>;

bool is_jetson(const device::board_identity& board) { return board.profile->chip != soc::other; }

bool is_virtual(const device::board_identity& board) { return !board.hypervisor.empty(); }

void add_board(const device::board_identity& board, rows& to) {
  to.push_back({.topic = "board",
                .thing = board.profile->name,
                .found = fmt::format("{} below {}; {}", board.profile->title, board.root.string(), board.evidence)});
  if (is_virtual(board)) {
    to.push_back(
        {.topic = "board",
         .thing = "machine",
         .found = fmt::format("virtual ({}): what it is not shown of its host's clocks and sensors is no fault",
                              board.hypervisor)});
  }
  if (!is_jetson(board)) return;
  doctor_row jetpack{.topic = "board", .thing = "JetPack", .found = std::to_string(board.jetpack)};
  if (board.jetpack == 0) {
    jetpack.state = health::warning;
    jetpack.found.clear();
    jetpack.reason = "neither /etc/nv_tegra_release nor the kernel's release tells; files are found by looking";
    jetpack.remedy = "in a container, mount the host's /etc/nv_tegra_release";
  }
  to.push_back(std::move(jetpack));
}

std::string knob_text(const device::knob_capability& can, const std::optional<double>& now_hz) {
  std::string text;
  if (!can.points.empty()) {
    text = fmt::format("{} – {}, {} operating points", hertz_text(can.points.front()), hertz_text(can.points.back()),
                       can.points.size());
  }
  if (can.cap_hz) text += fmt::format(", capped at {}", hertz_text(*can.cap_hz));
  if (now_hz) text += fmt::format("{}now {}", text.empty() ? "" : ", ", hertz_text(*now_hz));
  if (can.is_present) text += can.is_writable ? ", writable" : ", not writable";
  return text;
}

void add_knobs(const device::board_identity& board, const device::clocks& now, rows& to) {
  const auto survey = device::survey_knobs(board);
  for (const auto which : device::all_knobs) {
    const auto& can = survey.at(static_cast<std::size_t>(which));
    const bool is_ok = can.is_present && can.is_writable;
    to.push_back({.topic = "clock",
                  .thing = device::to_string(which),
                  .state = is_ok ? health::ok : health::missing,
                  .found = knob_text(can, now[which]),
                  .reason = can.reason,
                  .remedy = can.remedy});
  }
}

/// The mode that nvpmodel keeps in force: "pmode:0002 fmode:quiet".
std::optional<int> power_mode(const device::board_identity& board) {
  const auto text = device::read_text(device::below(board.root, "/var/lib/nvpmodel/status"));
  constexpr std::string_view mark = "pmode:";
  if (!text || !text->starts_with(mark)) return std::nullopt;
  std::string_view rest = *text;
  rest.remove_prefix(mark.size());
  const auto number = device::parse_integer(rest.substr(0, rest.find(' ')));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

/// A Jetson's budget is that of its power mode; a PC's is what RAPL holds its package to.
doctor_row power_limit(const device::board_identity& board) {
  doctor_row row{.topic = "power", .thing = "limit"};
  if (!is_jetson(board)) {
    const auto limit =
        device::read_integer(device::below(board.root, "/sys/class/powercap/intel-rapl:0/constraint_0_power_limit_uw"));
    if (limit && *limit > 0) {
      row.found = fmt::format("{:.0f} W, long-term limit of the first package", static_cast<double>(*limit) * 1e-6);
    } else {
      row.state = health::missing;
      row.reason = "this machine shows no power limit";
    }
    return row;
  }
  row.found = fmt::format("{:.0f} W, budget of the highest power mode", board.profile->max_power_watts);
  if (const auto mode = power_mode(board)) {
    const auto& known = board.profile->modes;
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.id == *mode; });
    row.found += fmt::format("; mode {} is in force", *mode);
    if (found != known.end()) row.found += fmt::format(" ({})", found->name);
  }
  return row;
}

/// What a sensor gave, by its kind and name: AGX Xavier has a rail that is called CPU.
using sensor_values = std::map<std::pair<sensor_kind, std::string>, std::string>;

void note_percent(const char* name, const std::optional<double>& share, sensor_values& to) {
  if (share) to[{sensor_kind::utilisation, name}] = fmt::format("{:.0f} %", 100.0 * *share);
}

void note_temperatures(const device::telemetry& seen, sensor_values& to) {
  const auto* const hottest = device::hottest_of_die(seen.temperatures);
  for (const auto& zone : seen.temperatures) {
    auto& text = to[{sensor_kind::temperature, zone.zone}];
    text = fmt::format("{:.1f} °C", zone.celsius);
    if (&zone == hottest) text += ", what policies decide by";
  }
}

sensor_values values_of(const device::telemetry& seen) {
  sensor_values values;
  for (const auto& rail : seen.rails) {
    auto& text = values[{sensor_kind::power, rail.name}];
    if (rail.watts) text = fmt::format("{:.2f} W", *rail.watts);
    if (rail.volts && rail.amperes) text += fmt::format(" ({:.2f} V, {:.3f} A)", *rail.volts, *rail.amperes);
    if (text.empty() && rail.energy_joules) text = "a counter of joules";
  }
  note_temperatures(seen, values);
  note_percent("CPU utilisation", seen.cpu_utilisation, values);
  note_percent("GPU load", seen.gpu_utilisation, values);
  note_percent("memory utilisation", seen.memory_utilisation, values);
  constexpr std::array names{"CPU clock", "GPU clock", "memory clock"};
  for (const auto which : device::all_knobs) {
    if (!seen.now[which]) continue;
    values[{sensor_kind::clock, names.at(static_cast<std::size_t>(which))}] = hertz_text(*seen.now[which]);
  }
  return values;
}

const char* topic_of(sensor_kind kind) {
  switch (kind) {
    case sensor_kind::power:
      return "power";
    case sensor_kind::utilisation:
      return "utilisation";
    case sensor_kind::clock:
      return "sensor";
    case sensor_kind::temperature:
      return "temperature";
  }
  throw std::invalid_argument("no such kind of sensor");
}

void add_whole_board(const device::board_identity& board, const device::sensor_set& sensors,
                     const device::telemetry& seen, rows& to) {
  doctor_row row{.topic = "power", .thing = "whole board", .found = sensors.total_source()};
  if (seen.total_watts) row.found += fmt::format(": {:.2f} W", *seen.total_watts);
  if (!seen.total_watts && !seen.total_joules) {
    row.state = health::missing;
    row.reason = "nothing measures the whole board now: joules of tasks are estimated at best";
    // Where none of them can be mended there is nothing to do.
    const auto status = sensors.status();
    const bool is_mendable = std::any_of(status.begin(), status.end(), [](const device::sensor_status& one) {
      return one.kind == sensor_kind::power && (one.is_present || !one.remedy.empty());
    });
    if (is_mendable && !is_virtual(board)) {
      row.remedy = "mend the power sensors below; one that was just switched on gives 0 for an instant: look again";
    }
  }
  to.push_back(std::move(row));
  if (sensors.total_source().empty()) return;
  to.push_back({.topic = "power",
                .thing = "sensor interval",
                .found = fmt::format("{:.0f} ms", 1e3 * sensors.update_interval_seconds())});
}

/// A battery on a PC that has a better meter is no loss.
health state_of(const device::sensor_status& sensor, const std::string& topic, const device::board_identity& board,
                bool has_total) {
  if (sensor.is_present) return sensor.reason.empty() ? health::ok : health::warning;
  const bool is_spare = topic == "power" && has_total && !sensor.is_total && !is_jetson(board);
  return is_spare ? health::warning : health::missing;
}

void add_sensors(const device::board_identity& board, const device::sensor_set& sensors, const device::telemetry& seen,
                 rows& to) {
  const auto values = values_of(seen);
  const bool has_total = seen.total_watts || seen.total_joules;
  add_whole_board(board, sensors, seen, to);
  to.push_back(power_limit(board));
  for (const auto& sensor : sensors.status()) {
    const auto value = values.find({sensor.kind, sensor.name});
    doctor_row row{.topic = topic_of(sensor.kind), .thing = sensor.name};
    row.state = state_of(sensor, row.topic, board, has_total);
    if (value != values.end()) row.found = value->second;
    if (sensor.is_total && sensor.is_present) row.found += row.found.empty() ? "whole board" : ", whole board";
    row.reason = sensor.reason;
    row.remedy = sensor.remedy;
    to.push_back(std::move(row));
  }
}

doctor_row run(const doctor_options::check& one) {
  try {
    return one.run();
  } catch (const std::exception& problem) {
    return {.topic = one.topic,
            .thing = one.thing,
            .state = health::missing,
            .found = "",
            .reason = problem.what(),
            .remedy = one.remedy};
  }
}

}  // namespace

const char* to_string(health state) {
  switch (state) {
    case health::ok:
      return "ok";
    case health::warning:
      return "warning";
    case health::missing:
      return "missing";
  }
  throw std::invalid_argument("no such state");
}

std::vector<doctor_row> examine(const device::board_identity& board, const doctor_options& options) {
  device::sensor_set sensors(board);
  auto seen = sensors.read(std::chrono::steady_clock::now());
  if (options.wait) {
    options.wait();
    seen = sensors.read(std::chrono::steady_clock::now());
  }
  rows result;
  add_board(board, result);
  add_knobs(board, seen.now, result);
  const auto file =
      options.clock_state.empty() ? device::below(board.root, "/var/lib/dvfo/clocks.state") : options.clock_state;
  result.push_back(look_at_clock_state(board, file));
  add_sensors(board, sensors, seen, result);
  for (const auto& one : options.more) result.push_back(run(one));
  return result;
}

bool needs_attention(const std::vector<doctor_row>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [](const doctor_row& row) { return row.state == health::missing && !row.remedy.empty(); });
}

namespace {

/// A paragraph with a hanging indent: `head` before the first line, as much space before the others.
void append(std::string& text, const std::string& head, const std::string& body, std::size_t width) {
  const std::size_t indent = columns(head);
  bool is_first = true;
  for (const auto& line : wrapped(body, width > indent + 8 ? width - indent : 8)) {
    std::string whole = (is_first ? head : std::string(indent, ' ')) + line;
    whole.erase(whole.find_last_not_of(' ') + 1);
    text += whole + '\n';
    is_first = false;
  }
}

}  // namespace

std::string doctor_text(const std::vector<doctor_row>& rows, std::size_t width) {
  std::size_t topic = 0;
  std::size_t thing = 0;
  for (const auto& row : rows) {
    topic = std::max(topic, columns(row.topic));
    thing = std::max(thing, columns(row.thing));
  }
  std::string text;
  std::string last;
  std::size_t mendable = 0;
  for (const auto& row : rows) {
    const std::string head = fmt::format("{}  {}  {}  ", filled(row.topic == last ? "" : row.topic, topic),
                                         filled(row.thing, thing), filled(to_string(row.state), 7));
    last = row.topic;
    append(text, head, row.found.empty() ? "–" : row.found, width);
    if (!row.reason.empty()) append(text, std::string(topic + 2, ' ') + "why: ", row.reason, width);
    if (!row.remedy.empty()) append(text, std::string(topic + 2, ' ') + "do:  ", row.remedy, width);
    if (row.state == health::missing && !row.remedy.empty()) ++mendable;
  }
  text += '\n';
  append(text, "",
         mendable == 0 ? "Everything that this kind of board can offer is there."
                       : fmt::format("{} missing that can be mended: see \"do:\" above.", mendable),
         width);
  return text;
}

nlohmann::json doctor_json(const std::vector<doctor_row>& rows) {
  auto all = nlohmann::json::array();
  for (const auto& row : rows) {
    all.push_back({{"topic", row.topic},
                   {"thing", row.thing},
                   {"state", to_string(row.state)},
                   {"found", row.found},
                   {"reason", row.reason},
                   {"remedy", row.remedy}});
  }
  return {{"healthy", !needs_attention(rows)}, {"rows", std::move(all)}};
}

}  // namespace dvfo::cli
