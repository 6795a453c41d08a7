#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/commands/evaluate/evaluation_command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "evaluation/plots/svg_plot.hpp"
#include "evaluation/rate.hpp"

namespace dvfo::cli {
namespace {

constexpr evaluation_texts texts = {
    "rate", "bytes and accuracy: features against JPEG and WebP",
    "What accuracy costs on the wire. Features: the whole frame of each share, answered as deployed. JPEG and WebP: "
    "the\n"
    "picture itself at the bundle's input size and several qualities, answered by the unsplit reference.\n\n"
    "Examples:\n"
    "  dvfo evaluate rate --bundle procedural --svg rate.svg\n"
    "  dvfo evaluate rate --bundle cifar100 --data /data/cifar100 --images 2000 --csv rate.csv --json rate.json\n"};

constexpr std::int64_t usual_images = 1000;  // a minute for 32 pixels on one core, and one point is ten images

bool is_picture(const evaluation::rate_row& row) { return row.way != "features"; }

std::string setting_text(const evaluation::rate_row& row) {
  return is_picture(row) ? fmt::format("q {:.0f}", row.setting) : fmt::format("ξ {:.2f}", row.setting);
}

std::string csv_of(const evaluation::rate_report& report) {
  std::string out = "way,setting,bytes_mean,top1_percent,loss_points\n";
  for (const auto& row : report.rows) {
    out += fmt::format("{},{},{:.1f},{:.3f},{:.3f}\n", row.way, row.setting, row.bytes_mean, row.top1, row.loss_points);
  }
  return out;
}

evaluation::plot curves_of(const evaluation::rate_report& report, const std::string& bundle) {
  evaluation::plot out;
  out.title = fmt::format("Rate and accuracy, {}, {} images", bundle, report.images);
  out.x = {.label = "bytes an image, on the wire", .scale = evaluation::axis_scale::logarithmic};
  out.y = {.label = "top-1, %"};
  out.levels = {{.name = "unsplit reference", .y = report.reference_top1}};
  for (const auto& row : report.rows) {
    if (!(row.bytes_mean > 0.0)) continue;  // ξ = 0 sends nothing
    if (out.series.empty() || out.series.back().name != row.way) out.series.push_back({.name = row.way});
    out.series.back().points.push_back({.x = row.bytes_mean, .y = row.top1, .label = setting_text(row)});
  }
  return out;
}

nlohmann::json json_of(const evaluation::rate_report& report, const opened_evaluation& opened) {
  nlohmann::json out = {{"bundle", opened.bundle.manifest().name},
                        {"dataset", opened.data->name()},
                        {"images", report.images},
                        {"reference_top1", report.reference_top1},
                        {"rows", nlohmann::json::array()}};
  for (const auto& row : report.rows) {
    out["rows"].push_back({{"way", row.way},
                           {is_picture(row) ? "quality" : "share", row.setting},
                           {"wire_bytes_mean", row.bytes_mean},
                           {"top1", row.top1},
                           {"loss_points", row.loss_points}});
  }
  return out;
}

int run_rate(evaluation_command& command) {
  const auto opened = open_evaluation(command);
  const auto report =
      evaluation::evaluate_rate(opened.bundle, *opened.data, static_cast<std::size_t>(command.images), show_images);
  std::vector<table_row> rows{{"way", "bytes", "top-1, %", "loss, points"}};
  for (const auto& row : report.rows) {
    rows.push_back({row.way + " " + setting_text(row), fmt::format("{:.0f}", row.bytes_mean),
                    fmt::format("{:.2f}", row.top1), fmt::format("{:.2f}", row.loss_points)});
  }
  const auto& name = opened.bundle.manifest().name;
  const auto head = fmt::format("{} on {} test images of {}: unsplit float reference {:.2f} %\n", name, report.images,
                                opened.data->name(), report.reference_top1);
  save("csv", command.csv, [&] { return csv_of(report); });
  save("svg", command.svg, [&] { return evaluation::svg_of(curves_of(report, name)); });
  publish(head + plain_table(rows), json_of(report, opened), command.json);
  return configuration::exit_success;
}

}  // namespace

void add_evaluate_rate(CLI::App& evaluate, action& chosen) {
  add_drawn_evaluation(evaluate, texts, usual_images, run_rate, chosen);
}

}  // namespace dvfo::cli
