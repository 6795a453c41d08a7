#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/command.hpp"
#include "cli/commands/evaluate/evaluation_command.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/report.hpp"
#include "cli/terminal/table.hpp"
#include "configuration/exit_code.hpp"
#include "evaluation/accuracy.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr const char* details =
    "Every test image at every trained share, on the path that is deployed: int8 local network, features through the "
    "codec\n"
    "byte by byte. Loss is in points against the unsplit float model of the same bundle. MACs: multiply-accumulates;\n"
    "the edge's are extractor, attention and local network.\n\n"
    "Examples:\n"
    "  dvfo evaluate accuracy --bundle procedural\n"
    "  dvfo evaluate accuracy --bundle cifar100 --data /data/cifar100 --json accuracy.json\n";

std::string optional_text(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : std::string("–");
}

nlohmann::json optional_json(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

int run_accuracy(evaluation_command& command) {
  const auto [bundle, data] = open_evaluation(command);
  const auto report = evaluation::evaluate_accuracy(bundle, *data, show_images);
  std::vector<table_row> rows{{"share", "λ", "top-1, %", "loss, points", "λ=0.5, %", "local, %", "remote, %", "bytes",
                               "edge MACs", "cloud MACs", "local, ms"}};
  nlohmann::json json = {{"bundle", bundle.manifest().name},
                         {"dataset", data->name()},
                         {"images", report.images},
                         {"reference_top1", report.reference_top1},
                         {"rows", nlohmann::json::array()}};
  for (const auto& row : report.rows) {
    rows.push_back({fmt::format("{:.2f}", row.share), fmt::format("{:.2f}", row.lambda),
                    fmt::format("{:.2f}", row.top1), fmt::format("{:.2f}", row.loss_points),
                    fmt::format("{:.2f}", row.top1_at_half), optional_text(row.local_top1, 2),
                    optional_text(row.remote_top1, 2), fmt::format("{:.0f}", row.wire_bytes_mean),
                    std::to_string(row.front_macs + row.local_macs), std::to_string(row.remote_macs),
                    optional_text(row.local_ms, 3)});
    json["rows"].push_back({{"share", row.share},
                            {"lambda", row.lambda},
                            {"top1", row.top1},
                            {"loss_points", row.loss_points},
                            {"top1_at_half", row.top1_at_half},
                            {"local_top1", optional_json(row.local_top1)},
                            {"remote_top1", optional_json(row.remote_top1)},
                            {"wire_bytes_mean", row.wire_bytes_mean},
                            {"front_macs", row.front_macs},
                            {"local_macs", row.local_macs},
                            {"remote_macs", row.remote_macs},
                            {"local_ms", optional_json(row.local_ms)}});
  }
  const auto head = fmt::format("{} on {} test images of {}: unsplit float reference {:.2f} %\n",
                                bundle.manifest().name, report.images, data->name(), report.reference_top1);
  publish(head + plain_table(rows), json, command.json);
  return exit_success;
}

}  // namespace

void add_evaluate_accuracy(CLI::App& evaluate, action& chosen) {
  add_evaluation(evaluate, {"accuracy", "accuracy, bytes and cost at every share", details}, run_accuracy, chosen);
}

}  // namespace dvfo::cli
