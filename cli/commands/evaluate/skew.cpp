#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/commands/evaluate/evaluation_command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "evaluation/plots/svg_plot.hpp"
#include "evaluation/skew.hpp"

namespace dvfo::cli {
namespace {

constexpr evaluation_texts texts = {
    "skew", "how unevenly importance is spread over the channels",
    "The importance of an image's channels in descending order, as the mean over images (DVFO Fig. 7), and the part of "
    "it\n"
    "that the first 3 channels and the first tenth of the channels hold.\n\n"
    "Examples:\n"
    "  dvfo evaluate skew --bundle procedural\n"
    "  dvfo evaluate skew --bundle cifar100 --data /data/cifar100 --images 0 --svg skew.svg --csv skew.csv\n"};

constexpr std::int64_t usual_images = 1000;  // seconds

/// (importance, sum of the importances down to this rank), from the first rank on.
std::vector<std::pair<double, double>> with_sums(const evaluation::skew_report& report) {
  std::vector<std::pair<double, double>> out;
  double sum = 0.0;
  for (const double each : report.importance) out.emplace_back(each, sum += each);
  return out;
}

std::string csv_of(const evaluation::skew_report& report) {
  std::string out = "rank,importance,sum\n";
  std::size_t rank = 0;
  for (const auto& [importance, sum] : with_sums(report))
    out += fmt::format("{},{:.6f},{:.6f}\n", ++rank, importance, sum);
  return out;
}

evaluation::plot curve_of(const evaluation::skew_report& report, const std::string& bundle) {
  evaluation::plot out;
  out.title = fmt::format("Importance of channels, {}, {} images", bundle, report.images);
  out.x = {.label = "rank of the channel in its image",
           .lowest = 1.0,
           .highest = static_cast<double>(report.importance.size())};
  out.y = {.label = "part of the importance, %", .lowest = 0.0, .highest = std::nullopt};
  out.series = {{.name = "each channel"}, {.name = "sum so far", .points = {}, .line = true, .markers = false}};
  double rank = 0.0;
  for (const auto& [importance, sum] : with_sums(report)) {
    rank += 1.0;
    out.series[0].points.push_back({.x = rank, .y = 100.0 * importance});
    out.series[1].points.push_back({.x = rank, .y = 100.0 * sum});
  }
  return out;
}

int run_skew(evaluation_command& command) {
  const auto opened = open_evaluation(command);
  const auto report =
      evaluation::evaluate_skew(opened.bundle, *opened.data, static_cast<std::size_t>(command.images), show_images);
  const auto& name = opened.bundle.manifest().name;
  std::vector<table_row> rows{{"rank", "importance, %", "sum, %"}};
  nlohmann::json importances = nlohmann::json::array();
  for (const auto& [importance, sum] : with_sums(report)) {
    rows.push_back(
        {std::to_string(rows.size()), fmt::format("{:.2f}", 100.0 * importance), fmt::format("{:.2f}", 100.0 * sum)});
    importances.push_back(importance);
  }
  const auto head = fmt::format(
      "{} on {} test images of {}: the first 3 of {} channels hold {:.1f} % of the importance, the first tenth ({}) "
      "{:.1f} %\n",
      name, report.images, opened.data->name(), report.importance.size(), 100.0 * report.top_three,
      report.tenth_channels, 100.0 * report.top_tenth);
  save("csv", command.csv, [&] { return csv_of(report); });
  save("svg", command.svg, [&] { return evaluation::svg_of(curve_of(report, name)); });
  publish(head + plain_table(rows),
          {{"bundle", name},
           {"dataset", opened.data->name()},
           {"images", report.images},
           {"top_three", report.top_three},
           {"top_tenth", report.top_tenth},
           {"top_tenth_channels", report.tenth_channels},
           {"importance_by_rank", importances}},
          command.json);
  return configuration::exit_success;
}

}  // namespace

void add_evaluate_skew(CLI::App& evaluate, action& chosen) {
  add_drawn_evaluation(evaluate, texts, usual_images, run_skew, chosen);
}

}  // namespace dvfo::cli
