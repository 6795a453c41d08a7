#include "cli/top/top_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/terminal/progress.hpp"
#include "cli/terminal/text_lines.hpp"

namespace dvfo::cli {
namespace {

constexpr std::size_t name_width = 20;
constexpr std::size_t widest_bar = 30;

enum class style : std::uint8_t { plain, title, faint, warm, hot };

constexpr std::string_view code_of(style how) {
  switch (how) {
    case style::title:
      return "\x1b[1m";
    case style::faint:
      return "\x1b[2m";
    case style::warm:
      return "\x1b[33m";
    case style::hot:
      return "\x1b[31m";
    case style::plain:
      break;
  }
  return {};
}

/// Lines of styled pieces; each is cut at the width, styles do not count.
class page {
 public:
  page(std::size_t width, bool in_colour) : width_(width), in_colour_(in_colour) {}

  page& line() {
    lines_.emplace_back();
    used_ = 0;
    return *this;
  }
  page& put(std::string_view text, style how = style::plain) {
    const std::string piece = clipped(text, width_ - std::min(width_, used_));
    used_ += columns(piece);
    const auto code = code_of(how);
    const bool is_styled = in_colour_ && !code.empty() && !piece.empty();
    lines_.back() += is_styled ? fmt::format("{}{}\x1b[0m", code, piece) : piece;
    return *this;
  }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t room() const { return width_ - std::min(width_, used_); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::size_t width_;
  bool in_colour_;
  std::size_t used_ = 0;
  std::vector<std::string> lines_;
};

style style_of_share(double share) {
  if (share >= 0.9) return style::hot;
  return share >= 0.7 ? style::warm : style::plain;
}

/// Cells of a bar beside `taken` columns; 0 where there is no room for one that tells anything.
std::size_t bar_cells(std::size_t width, std::size_t taken) {
  constexpr std::size_t frame = 4;
  constexpr std::size_t narrowest = 5;
  if (width < taken + frame + narrowest) return 0;
  return std::min(widest_bar, width - taken - frame);
}

void put_bar(page& to, double share, std::size_t cells) {
  if (cells > 0) to.put(bar(share, cells), style_of_share(share));
}

std::string name_of(std::string_view name) {
  return fmt::format("  {}", filled(clipped(name, name_width - 3), name_width - 2));
}

void put_head(const top_view& view, page& to) {
  const std::string time = clock_text(view.elapsed_seconds);
  to.line().put("dvfo top  ", style::title);
  const std::size_t room = to.room() - std::min(to.room(), columns(time) + 2);
  to.put(filled(clipped(view.board, room), room)).put("  ").put(time);
}

void put_clocks(const top_view& view, page& to) {
  if (view.clocks.empty()) return;
  to.line().put("clocks", style::title);
  const std::size_t cells = bar_cells(to.width(), name_width + 11 + 19);
  for (const auto& clock : view.clocks) {
    to.line().put(name_of(clock.name));
    to.put(filled(clock.now_hz ? hertz_text(*clock.now_hz) : "–", 9, true) + "  ");
    if (!clock.lowest_hz || !clock.highest_hz) continue;
    if (clock.now_hz) {
      const double span = *clock.highest_hz - *clock.lowest_hz;
      put_bar(to, span > 0.0 ? (*clock.now_hz - *clock.lowest_hz) / span : 1.0, cells);
    } else if (cells > 0) {
      to.put(std::string(cells + 2, ' '));
    }
    if (cells > 0) to.put("  ");
    to.put(fmt::format("{} – {}", hertz_text(*clock.lowest_hz), hertz_text(*clock.highest_hz)), style::faint);
  }
}

void put_utilisation(const top_view& view, page& to) {
  if (view.utilisation.empty()) return;
  to.line().put("utilisation", style::title);
  // As many cells as the clocks have, so that the bars stand below each other.
  const std::size_t cells = bar_cells(to.width(), name_width + 11 + 19);
  for (const auto& one : view.utilisation) {
    to.line().put(name_of(one.name)).put(filled(fmt::format("{:.0f} %", 100.0 * one.share), 9, true) + "  ");
    put_bar(to, one.share, cells);
  }
}

void put_rail(const top_rail& rail, page& to, style how) {
  const auto cell = [](bool is_there, double watts) {
    return filled(is_there ? fmt::format("{:.2f} W", watts) : "–", 11, true);
  };
  const auto& past = rail.since_start;
  const bool has_past = past.count() > 0;
  to.line().put(filled((rail.is_total ? "* " : "  ") + clipped(rail.name, name_width - 3), name_width), how);
  to.put(cell(rail.watts.has_value(), rail.watts.value_or(0.0)), how);
  to.put(cell(has_past, past.least()) + cell(has_past, past.mean()) + cell(has_past, past.greatest()));
}

void put_power(const top_view& view, page& to) {
  if (!view.total && view.rails.empty()) return;
  to.line().put(filled("power", name_width), style::title);
  for (const char* head : {"now", "min", "mean", "max"}) to.put(filled(head, 11, true), style::faint);
  // Where one rail is the whole board, its row says all.
  const auto is_marked = [](const top_rail& rail) { return rail.is_total; };
  const auto marked = std::count_if(view.rails.begin(), view.rails.end(), is_marked);
  if (view.total && marked != 1) put_rail(*view.total, to, style::title);
  for (const auto& rail : view.rails) put_rail(rail, to, rail.is_total && marked == 1 ? style::title : style::plain);
  if (marked > 0) to.line().put(marked == 1 ? "  * the whole board" : "  * in the whole board's power", style::faint);
}

void put_temperatures(const top_view& view, page& to) {
  if (view.temperatures.empty()) return;
  to.line().put("temperature", style::title);
  bool is_first = true;
  for (const auto& one : view.temperatures) {
    const std::string text = fmt::format("{} {:.1f} °C", one.zone, one.celsius);
    const bool is_new_line = is_first || to.room() < columns(text) + 3;
    if (is_new_line) to.line();
    to.put(is_new_line ? "  " : "   ");
    to.put(text, one.celsius >= 90.0 ? style::hot : one.celsius >= 75.0 ? style::warm : style::plain);
    is_first = false;
  }
}

void put_energy(const top_view& view, page& to) {
  if (!view.joules) return;
  to.line().put(filled("energy", name_width), style::title).put(fmt::format("{:.1f} J so far", *view.joules));
  if (view.unmeasured_seconds > 0.0) {
    to.put(fmt::format(", without {:.1f} s that were not measured", view.unmeasured_seconds), style::warm);
  }
}

void put_tasks(const top_view& view, page& to) {
  if (!view.tasks) return;
  const auto& tasks = *view.tasks;
  to.line().put(filled("tasks", name_width), style::title);
  to.put(fmt::format("{:.1f} /s, {} answered", tasks.per_second, tasks.answered));
  if (tasks.failed > 0) to.put(fmt::format(", {} failed", tasks.failed), style::hot);
  if (tasks.mean_seconds) to.put(fmt::format(", {:.1f} ms", 1e3 * *tasks.mean_seconds));
  if (tasks.mean_joules) to.put(fmt::format(", {:.1f} mJ measured", 1e3 * *tasks.mean_joules));
}

void put_foot(const top_view& view, page& to) {
  for (const auto& note : view.notes) {
    for (const auto& one : wrapped(note, to.width())) to.line().put(one, style::faint);
  }
  std::string text = fmt::format("every {:.3g} s", view.interval_seconds);
  if (view.own_share) text += fmt::format("; this view takes {:.2f} % of one core", 100.0 * *view.own_share);
  to.line().put(text, style::faint);
}

nlohmann::json rail_json(const top_rail& rail) {
  nlohmann::json json = {{"name", rail.name}, {"is_total", rail.is_total}};
  if (rail.watts) json["watts"] = *rail.watts;
  if (rail.since_start.count() == 0) return json;
  json["min_watts"] = rail.since_start.least();
  json["mean_watts"] = rail.since_start.mean();
  json["max_watts"] = rail.since_start.greatest();
  return json;
}

nlohmann::json clock_json(const top_clock& clock) {
  nlohmann::json json = {{"name", clock.name}};
  if (clock.now_hz) json["hz"] = *clock.now_hz;
  if (clock.lowest_hz) json["min_hz"] = *clock.lowest_hz;
  if (clock.highest_hz) json["max_hz"] = *clock.highest_hz;
  return json;
}

nlohmann::json tasks_json(const top_tasks& tasks) {
  nlohmann::json json = {{"per_second", tasks.per_second}, {"answered", tasks.answered}, {"failed", tasks.failed}};
  if (tasks.mean_seconds) json["mean_tti_seconds"] = *tasks.mean_seconds;
  if (tasks.mean_joules) json["mean_measured_joules"] = *tasks.mean_joules;
  return json;
}

}  // namespace

void top_statistics::add(double value) {
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = count_ == 0 ? value : std::max(greatest_, value);
  sum_ += value;
  ++count_;
}

std::string bar(double share, std::size_t cells) {
  const double clamped = std::clamp(share, 0.0, 1.0);
  const auto full = std::min(cells, static_cast<std::size_t>(std::lround(clamped * static_cast<double>(cells))));
  std::string text(cells + 2, ' ');
  text.front() = '[';
  text.back() = ']';
  std::fill_n(text.begin() + 1, full, '#');
  return text;
}

std::vector<std::string> render(const top_view& view, std::size_t width, bool in_colour) {
  page to(width, in_colour);
  put_head(view, to);
  put_clocks(view, to);
  put_utilisation(view, to);
  put_power(view, to);
  put_temperatures(view, to);
  put_energy(view, to);
  put_tasks(view, to);
  put_foot(view, to);
  return to.take();
}

nlohmann::json to_json(const top_view& view) {
  nlohmann::json json = {{"board", view.board},
                         {"elapsed_seconds", view.elapsed_seconds},
                         {"interval_seconds", view.interval_seconds},
                         {"clocks", nlohmann::json::array()},
                         {"utilisation", nlohmann::json::object()},
                         {"rails", nlohmann::json::array()},
                         {"temperatures_celsius", nlohmann::json::object()}};
  for (const auto& clock : view.clocks) json["clocks"].push_back(clock_json(clock));
  for (const auto& one : view.utilisation) json["utilisation"][one.name] = one.share;
  for (const auto& rail : view.rails) json["rails"].push_back(rail_json(rail));
  for (const auto& one : view.temperatures) json["temperatures_celsius"][one.zone] = one.celsius;
  if (view.total) json["total"] = rail_json(*view.total);
  if (view.joules) {
    json["joules"] = *view.joules;
    json["unmeasured_seconds"] = view.unmeasured_seconds;
  }
  if (view.tasks) json["tasks"] = tasks_json(*view.tasks);
  if (view.own_share) json["own_share_of_core"] = *view.own_share;
  if (!view.notes.empty()) json["notes"] = view.notes;
  return json;
}

}  // namespace dvfo::cli
