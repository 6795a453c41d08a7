#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/commands/evaluate/evaluation_command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "evaluation/fusion.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "The weighted sum against the bundle's two learned fusions at every share that has two halves: accuracy and "
    "time.\n\n"
    "Example:\n"
    "  dvfo evaluate fusion --bundle cifar100 --data /data/cifar100 --json fusion.json\n";

int run_fusion(evaluation_command& command) {
  const auto [bundle, data] = open_evaluation(command);
  const auto report = evaluation::evaluate_fusion(bundle, *data, show_images);
  std::vector<table_row> rows{{"share / method", "top-1, %", "loss, points", "µs a task"}};
  nlohmann::json json = {{"bundle", bundle.manifest().name},
                         {"dataset", data->name()},
                         {"reference_top1", report.reference_top1},
                         {"rows", nlohmann::json::array()}};
  for (const auto& row : report.rows) {
    rows.push_back({fmt::format("{:.2f} {}", row.share, row.method), fmt::format("{:.2f}", row.top1),
                    fmt::format("{:.2f}", row.loss_points), fmt::format("{:.2f}", row.microseconds)});
    json["rows"].push_back({{"share", row.share},
                            {"method", row.method},
                            {"top1", row.top1},
                            {"loss_points", row.loss_points},
                            {"microseconds", row.microseconds}});
  }
  const auto head = fmt::format("{} on {}: unsplit float reference {:.2f} %\n", bundle.manifest().name, data->name(),
                                report.reference_top1);
  publish(head + plain_table(rows), json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_fusion(CLI::App& evaluate, action& chosen) {
  add_evaluation(evaluate, {"fusion", "the weighted sum against learned fusions", details}, run_fusion, chosen);
}

}  // namespace dvfo::cli
