#include "policy/schemes/tabular_dvfs.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "policy/cost.hpp"

namespace dvfo::policy {
namespace {

constexpr std::size_t waiting_bins = 3;
constexpr std::size_t clock_bins = 3;
constexpr std::size_t celsius_bins = 20;

}  // namespace

tabular_dvfs::tabular_dvfs(std::vector<double> cpu_hz, const tabular_options& options)
    : cpu_hz_(std::move(cpu_hz)), options_(options), random_(options.seed) {
  if (cpu_hz_.empty()) throw std::invalid_argument("there is no CPU clock to choose from, expected at least one");
  table_.assign(celsius_bins * clock_bins * cpu_hz_.size(), 0.0);
}

double tabular_dvfs::uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

std::size_t tabular_dvfs::state_of(const situation& now) const {
  const double hz = now.previous.clocks.cpu_hz.value_or(cpu_hz_.back());
  const double place =
      cpu_hz_.back() > cpu_hz_.front() ? (hz - cpu_hz_.front()) / (cpu_hz_.back() - cpu_hz_.front()) : 0.0;
  const auto clock = static_cast<std::size_t>(std::clamp(place, 0.0, 0.999) * clock_bins);
  if (options_.goal == tabular_goal::cost)
    return std::min(static_cast<std::size_t>(now.waiting_tasks), waiting_bins - 1) * clock_bins + clock;
  const double bin = std::max(0.0, now.celsius.value_or(0.0) / options_.celsius_a_bin);
  return std::min(static_cast<std::size_t>(bin), celsius_bins - 1) * clock_bins + clock;
}

std::size_t tabular_dvfs::best_action(std::size_t state) const {
  const auto first = table_.begin() + static_cast<std::ptrdiff_t>(state * cpu_hz_.size());
  return static_cast<std::size_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(cpu_hz_.size())) - first);
}

decision tabular_dvfs::decide(const situation& now) {
  eta_ = now.eta;
  const std::size_t state = state_of(now);
  const std::size_t best = best_action(state);
  if (before_) {
    double& cell = table_[before_->state * cpu_hz_.size() + before_->action];
    const double target = reward_ + options_.discount * table_[state * cpu_hz_.size() + best];
    cell += options_.learning_rate * (target - cell);
    before_.reset();
  }
  std::size_t action = best;
  if (explores_) {
    const double falling = std::exp(-tasks_ / options_.explore_tasks);
    tasks_ += 1.0;
    const double share = options_.explore_at_last + (options_.explore_at_first - options_.explore_at_last) * falling;
    if (uniform() < share)
      action = std::min(cpu_hz_.size() - 1, static_cast<std::size_t>(uniform() * static_cast<double>(cpu_hz_.size())));
  }
  now_ = step{state, action};
  return {{.cpu_hz = cpu_hz_[action]}, 0.0};
}

double tabular_dvfs::reward_of(const outcome& result) {
  const double joules = eti(result).joules.value_or(0.0);
  if (options_.goal == tabular_goal::cost) {
    const double cost = task_cost(eta_, joules, result.tti, options_.max_power_watts);
    if (!unit_) unit_ = std::max(cost, 1e-12);
    return -cost / *unit_;
  }
  const double watts = joules / std::max(result.tti, 1e-9);
  if (!unit_) unit_ = std::max(watts, 1e-9);
  quickest_ = std::min(quickest_.value_or(result.tti), result.tti);
  const bool missed = result.tti > options_.latency_guarantee * *quickest_;
  return -watts / *unit_ - (missed ? options_.missed_guarantee : 0.0);
}

void tabular_dvfs::observe(const outcome& result) {
  if (!now_) return;
  reward_ = reward_of(result);
  before_ = std::exchange(now_, std::nullopt);
}

}  // namespace dvfo::policy
