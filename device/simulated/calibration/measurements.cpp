#include "device/simulated/calibration/measurements.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "device/error.hpp"
#include "device/simulated/specifications.hpp"
#include "files/error.hpp"
#include "files/reading.hpp"

namespace dvfo::device::simulated {
namespace {

// Fields of one line; a quoted field may hold commas and doubled quotes.
std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[++i];
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::string text_of(const std::filesystem::path& file) {
  try {
    return files::read_text(file);
  } catch (const files::error& problem) {
    throw error(errc::io, fmt::format("{}; a CSV file of measurements is expected", problem.what()));
  }
}

/// One file being read: its header, the present line, and what has been noted of it.
class table {
 public:
  table(const std::filesystem::path& file, measurement_set& out)
      : file_(file), text_(text_of(file)), lines_(files::lines_of(text_)), out_(out) {
    if (lines_.empty()) throw error(errc::io, fmt::format("{}: the measurement file is empty", file.string()));
    header_ = split(lines_.front().text);
    for (std::size_t i = 0; i < header_.size(); ++i) columns_[header_[i]] = i;
  }

  bool next() {
    while (++at_ < lines_.size()) {
      const auto& line = lines_[at_];
      if (line.text.find_first_not_of(" \t,") == std::string::npos) continue;
      fields_ = split(line.text);
      if (fields_.size() == header_.size()) return true;
      throw error(errc::bad_file, fmt::format("{}:{}: {} fields under a header of {}; is a comma missing or unquoted?",
                                              file_.string(), line.number, fields_.size(), header_.size()));
    }
    return false;
  }

  [[nodiscard]] bool has(const std::string& column) const { return columns_.contains(column); }
  [[nodiscard]] const std::vector<std::string>& header() const { return header_; }

  // "" where the column is missing.
  [[nodiscard]] std::string text(const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? std::string() : fields_[found->second];
  }

  // Absent for an empty field or a missing column. "1190.4x2" is the clock of two cores.
  [[nodiscard]] std::optional<double> number(const std::string& column) const {
    const auto field = text(column);
    const auto first = field.find_first_not_of(' ');
    if (first == std::string::npos || field == "nan") return std::nullopt;
    double value = 0.0;
    const auto* end = field.data() + field.size();
    const auto [rest, problem] = std::from_chars(field.data() + first, end, value);
    if (problem != std::errc() || !(value > 0.0) || !std::isfinite(value) ||
        (rest != end && *rest != 'x' && *rest != ' ')) {
      throw error(errc::bad_file, fmt::format("{}:{}: column {} is '{}', expected a number above 0 or nothing",
                                              file_.string(), lines_[at_].number, column, field));
    }
    return value;
  }

  void note(const std::string& what) {
    if (noted_.insert(what).second) out_.notes.push_back(fmt::format("{}: {}", file_.filename().string(), what));
  }

  [[noreturn]] void object(const std::string& what) const {
    throw error(errc::bad_file, fmt::format("{}: {}", file_.string(), what));
  }

 private:
  std::filesystem::path file_;
  std::string text_;
  std::vector<files::line> lines_;
  std::size_t at_ = 0;  // the present line
  measurement_set& out_;
  std::vector<std::string> header_;
  std::map<std::string, std::size_t> columns_;
  std::vector<std::string> fields_;
  std::set<std::string> noted_;
};

double clock_of(table& from, const char* column, const char* other, const char* what,
                const std::vector<double>& points) {
  auto megahertz = from.number(column);
  if (!megahertz) megahertz = from.number(other);
  if (!megahertz) {
    from.note(
        fmt::format("rows without a {} clock are taken at the board's highest, {:.2f} MHz", what, points.back() / 1e6));
    return points.back();
  }
  const double hz = *megahertz * 1e6;
  for (const double point : points) {
    if (std::abs(point - hz) < 1e6) return point;
  }
  from.note(fmt::format("a {} clock of {} MHz is no operating point of the board; taken as it is", what, *megahertz));
  return hz;
}

// MLPerf's MultiStream sends eight samples a query since v1.1; the throughput scenarios have no latency of one task.
void set_scenario(table& from, measurement& row) {
  const auto scenario = from.text("scenario");
  row.batch = from.number("batch").value_or(1.0);
  if (scenario == "MultiStream") {
    row.batch = 8.0;
    row.label += " MultiStream";
  } else if (!scenario.empty() && scenario != "SingleStream") {
    row.label += " " + scenario;
    row.unsupported = fmt::format("the scenario {} measures throughput, not the latency of a task", scenario);
  }
}

void set_network(table& from, measurement& row) {
  row.label = from.text("model");
  if (row.label.empty()) {
    row.label = "vgg19";
    from.note("there is no column 'model': the rows are taken for VGG19, which the published power sweeps ran");
  }
  const auto* network = find_network(row.label);
  row.network = network != nullptr ? std::string(network->name) : row.label;
  set_scenario(from, row);
  if (row.batch != 1.0) row.network += fmt::format(" x{:g}", row.batch);
}

std::vector<std::string> rail_columns(const table& from, const std::string& board) {
  std::vector<std::string> found;
  for (const auto& rail : find_specification(board).rails) {
    if (from.has(rail.name + "_W")) found.push_back(rail.name);
  }
  return found;
}

void read_file(const std::filesystem::path& file, const std::string& board, const known_points& points,
               measurement_set& out) {
  table from(file, out);
  const auto rails = rail_columns(from, board);
  const char* latency = from.has("latency_ms") ? "latency_ms" : "mean_latency_ms";
  if (!from.has("gpu_MHz") && !from.has("gpu_max_MHz")) {
    from.object(fmt::format("no column gpu_MHz or gpu_max_MHz among {}", fmt::join(from.header(), ", ")));
  }
  if (!from.has(latency) && !from.has("wall_power_W_busy_mean") && rails.empty()) {
    if (from.has("VDD_IN_W")) return from.note(fmt::format("its rails are not those of {}: left out", board));
    from.object(
        fmt::format("none of the columns latency_ms, mean_latency_ms, wall_power_W_busy_mean, <rail>_W among {}",
                    fmt::join(from.header(), ", ")));
  }
  std::size_t others = 0;
  while (from.next()) {
    if (from.has("system") && board_of_system(from.text("system")) != board) {
      ++others;
      continue;
    }
    measurement row;
    set_network(from, row);
    row.at = {clock_of(from, "cpu_MHz", "cpu_max_MHz", "CPU", points.cpu_hz),
              clock_of(from, "gpu_MHz", "gpu_max_MHz", "GPU", points.gpu_hz),
              clock_of(from, "emc_MHz", "emc_max_MHz", "memory", points.memory_hz)};
    if (const auto milliseconds = from.number(latency)) row.seconds = *milliseconds / 1e3;
    for (const auto& rail : rails) {
      if (const auto watts = from.number(rail + "_W")) row.rail_watts.emplace_back(rail, *watts);
    }
    row.wall_watts = from.number("wall_power_W_busy_mean");
    row.idle_wall_watts = from.number("wall_power_W_min_sample");
    row.celsius = from.number("GPU_temp_C");
    if (const auto busy = from.number("emc_util_x_MHz")) row.memory_busy_hz = *busy * 1e6;
    out.rows.push_back(std::move(row));
  }
  if (others > 0) from.note(fmt::format("{} rows are of other boards", others));
}

}  // namespace

measurement_set read_measurements(std::span<const std::filesystem::path> files, const std::string& board,
                                  const known_points& points) {
  measurement_set out;
  out.board = board;
  for (const auto& file : files) read_file(file, board, points, out);
  return out;
}

}  // namespace dvfo::device::simulated
