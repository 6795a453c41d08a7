#include "cli/run_figures.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "edge_node/record.hpp"

namespace dvfo::cli {
namespace {

double mean(std::uint64_t sum, std::size_t count) {
  return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

}  // namespace

void run_figures::add(const nlohmann::json& record) {
  if (const auto error = record.find("error"); error != record.end()) {
    throw std::runtime_error(fmt::format("task {} has no answer: {}", record.value("index", 0), error->dump()));
  }
  try {
    const auto& stages = record.at("stages_seconds");
    for (std::size_t i = 0; i < stage_names.size(); ++i) stages_[i].push_back(stages.at(stage_names[i]).get<double>());
    tti_.push_back(record.at("tti_seconds").get<double>());
    overhead_.push_back(record.at("overhead_seconds").get<double>());
    bytes_up_ += record.at("wire_up_bytes").get<std::uint64_t>();
    bytes_down_ += record.at("wire_down_bytes").get<std::uint64_t>();
    if (!record.at("degraded").is_null()) ++degraded_;
  } catch (const nlohmann::json::exception& problem) {
    throw std::runtime_error(fmt::format("not the record of a task: {}", problem.what()));
  }
  ++tasks_;
  if (const auto correct = record.find("correct"); correct != record.end()) {
    ++labelled_;
    if (correct->get<bool>()) ++correct_;
  }
}

double run_figures::accuracy() const {
  return labelled_ == 0 ? 0.0 : 100.0 * static_cast<double>(correct_) / static_cast<double>(labelled_);
}
double run_figures::mean_bytes_up() const { return mean(bytes_up_, tasks_); }
double run_figures::mean_bytes_down() const { return mean(bytes_down_, tasks_); }
double run_figures::tti(double fraction) const { return edge_node::percentile(tti_, fraction); }
double run_figures::overhead(double fraction) const { return edge_node::percentile(overhead_, fraction); }
double run_figures::stage(std::size_t stage, double fraction) const {
  return edge_node::percentile(stages_.at(stage), fraction);
}

nlohmann::json run_figures::to_json() const {
  nlohmann::json stages;
  for (std::size_t i = 0; i < stage_names.size(); ++i) {
    stages[stage_names[i]] = {{"p50_seconds", stage(i, 0.5)}, {"p99_seconds", stage(i, 0.99)}};
  }
  return {{"tasks", tasks_},
          {"accuracy_percent", accuracy()},
          {"degraded", degraded_},
          {"tti", {{"p50_seconds", tti(0.5)}, {"p99_seconds", tti(0.99)}}},
          {"overhead", {{"p50_seconds", overhead(0.5)}, {"p99_seconds", overhead(0.99)}}},
          {"stages", stages},
          {"wire_up_bytes_mean", mean_bytes_up()},
          {"wire_down_bytes_mean", mean_bytes_down()}};
}

}  // namespace dvfo::cli
