#include "cli/commands/run_figures.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

#include "evaluation/percentile.hpp"

namespace dvfo::cli {
namespace {

double mean(std::uint64_t sum, std::size_t count) {
  return count == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(count);
}

}  // namespace

void run_figures::optional_sum::add(const std::optional<double>& joules) {
  if (!joules) return;
  sum += *joules;
  ++count;
}

std::optional<double> run_figures::optional_sum::mean() const {
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

void run_figures::add(const edge_node::task_report& report) {
  if (!report.ok()) {
    throw std::runtime_error(fmt::format("task {} has no answer: {}", report.index, report.failure));
  }
  const auto& cost = report.outcome;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    stages_[i].push_back(cost.stages.*edge_node::stage_keys[i].seconds);
  }
  tti_.push_back(cost.tti);
  overhead_.push_back(policy::overhead_seconds(cost));
  bytes_up_ += cost.wire_up_bytes;
  bytes_down_ += cost.wire_down_bytes;
  if (cost.degraded != policy::degraded_reason::none) ++degraded_;
  measured_.add(cost.eti_measured_joules);
  estimated_.add(cost.eti_estimated_joules);
  share_ += cost.share;
  overrun_ += cost.overrun_seconds;
  ++tasks_;
  if (const auto is_correct = report.is_correct()) {
    ++labelled_;
    if (*is_correct) ++correct_;
  }
}

double run_figures::accuracy() const {
  return labelled_ == 0 ? 0.0 : 100.0 * static_cast<double>(correct_) / static_cast<double>(labelled_);
}
double run_figures::mean_bytes_up() const { return mean(bytes_up_, tasks_); }
double run_figures::mean_bytes_down() const { return mean(bytes_down_, tasks_); }
double run_figures::mean_overrun() const { return tasks_ == 0 ? 0.0 : overrun_ / static_cast<double>(tasks_); }
double run_figures::mean_share() const { return tasks_ == 0 ? 0.0 : share_ / static_cast<double>(tasks_); }
double run_figures::mean_tti() const {
  return tasks_ == 0 ? 0.0 : std::accumulate(tti_.begin(), tti_.end(), 0.0) / static_cast<double>(tasks_);
}
std::optional<double> run_figures::mean_joules() const {
  const auto estimated = mean_estimated_joules();
  return estimated ? estimated : mean_measured_joules();
}
std::size_t run_figures::tasks_without_joules() const {
  return tasks_ - (estimated_.count > 0 ? estimated_.count : measured_.count);
}
double run_figures::tti(double fraction) const { return evaluation::percentile(tti_, fraction); }
double run_figures::overhead(double fraction) const { return evaluation::percentile(overhead_, fraction); }
double run_figures::stage(std::size_t stage, double fraction) const {
  return evaluation::percentile(stages_.at(stage), fraction);
}

nlohmann::json run_figures::to_json() const {
  nlohmann::json stages;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    stages[edge_node::stage_keys[i].name] = {{"p50_seconds", stage(i, 0.5)}, {"p99_seconds", stage(i, 0.99)}};
  }
  nlohmann::json energy = nlohmann::json::object();
  if (const auto joules = mean_measured_joules()) energy["measured_joules_mean"] = *joules;
  if (const auto joules = mean_estimated_joules()) energy["estimated_joules_mean"] = *joules;
  return {{"tasks", tasks_},
          {"energy", energy},
          {"host_overrun_seconds_mean", mean_overrun()},
          {"accuracy_percent", accuracy()},
          {"degraded", degraded_},
          {"share_mean", mean_share()},
          {"tti", {{"mean_seconds", mean_tti()}, {"p50_seconds", tti(0.5)}, {"p99_seconds", tti(0.99)}}},
          {"overhead", {{"p50_seconds", overhead(0.5)}, {"p99_seconds", overhead(0.99)}}},
          {"stages", stages},
          {"wire_up_bytes_mean", mean_bytes_up()},
          {"wire_down_bytes_mean", mean_bytes_down()}};
}

}  // namespace dvfo::cli
