#include "policy/schemes/drldo_scheme.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "policy/cost.hpp"

namespace dvfo::policy {
namespace {

/// Decisions whose answers are still awaited: more than any node has in flight.
constexpr std::size_t most_open = 64;
constexpr std::size_t remembered_tasks = 100'000;
constexpr double explore_at_last = 0.05;  // as the tabular learners

/// Masks of the learner.
constexpr std::uint16_t any_share = 0;
constexpr std::uint16_t edge_alone = 1;

/// A sensor's figure, where it is one.
double sane(const std::optional<double>& value, double otherwise) {
  return value && std::isfinite(*value) && *value > 0.0 ? *value : otherwise;
}

bool is_known(const situation& now) {
  return now.link_up && sane(now.bandwidth_bps, 0.0) > 0.0 && now.rtt_seconds && std::isfinite(*now.rtt_seconds);
}

action_space actions_of(const std::vector<double>& cpu_hz, const std::vector<double>& shares) {
  if (cpu_hz.empty()) throw std::invalid_argument("there is no CPU clock to choose from, expected at least one");
  if (shares.empty() || shares.front() != 0.0) {
    throw std::invalid_argument("drldo needs shares of the input to choose from, the first of them 0");
  }
  return {{static_cast<int>(cpu_hz.size()), 1, 1, static_cast<int>(shares.size())}, output_form::flat};
}

std::vector<level_mask> masks_of(const action_space& actions) {
  auto alone = actions.full_mask();
  std::fill(alone[share_knob].begin() + 1, alone[share_knob].end(), std::uint8_t{0});
  return {actions.full_mask(), alone};
}

learner_options to_learner(const drldo_options& options) {
  learner_options out;
  out.form = output_form::flat;
  out.learning_rate = options.learning_rate;
  out.learning_rate_end = 0.1 * options.learning_rate;
  out.minibatch = options.minibatch;
  out.gamma = options.gamma;
  out.replay.capacity = remembered_tasks;
  out.seed = options.seed;
  return out;
}

}  // namespace

drldo_scheme::drldo_scheme(std::vector<double> cpu_hz, std::vector<double> shares, const drldo_options& options)
    : cpu_hz_(std::move(cpu_hz)),
      shares_(std::move(shares)),
      options_(options),
      agent_(to_learner(options), actions_of(cpu_hz_, shares_), static_cast<int>(inputs),
             masks_of(actions_of(cpu_hz_, shares_))) {
  options_.first_tasks = std::max(options_.first_tasks, static_cast<std::size_t>(options_.minibatch));
}

drldo_scheme::features drldo_scheme::see(const situation& now) const {
  const double clock = sane(now.in_force.cpu_hz, sane(now.previous.clocks.cpu_hz, cpu_hz_.back()));
  const double waiting = std::isfinite(now.waiting_tasks) ? std::clamp(now.waiting_tasks, 0.0, 1e3) : 0.0;
  const double celsius = now.celsius && std::isfinite(*now.celsius) ? std::clamp(*now.celsius, 0.0, 150.0) : 45.0;
  const double bps = std::clamp(sane(now.bandwidth_bps, 1e5), 1e3, 1e10);
  const double rtt = std::clamp(sane(now.rtt_seconds, 0.08), 1e-4, 10.0);
  const std::array<double, inputs> seen = {now.eta,
                                           is_known(now) ? 1.0 : 0.0,
                                           0.5 * std::log(bps / 5e6),
                                           0.5 * std::log(rtt / 1e-2),
                                           clock / cpu_hz_.back(),
                                           std::log1p(waiting),
                                           (celsius - 45.0) / 30.0,
                                           std::clamp(now.previous.share, 0.0, 1.0)};
  features out{};
  std::transform(seen.begin(), seen.end(), out.begin(), [](double value) { return static_cast<float>(value); });
  return out;
}

decision drldo_scheme::decide(const situation& now) {
  step here;
  here.eta = now.eta >= 0.0 && now.eta <= 1.0 ? now.eta : 0.5;
  here.state = see(now);
  here.state[0] = static_cast<float>(here.eta);
  const std::uint16_t mask = now.link_up ? any_share : edge_alone;
  if (!open_.empty()) {
    open_.back().next = here.state;
    open_.back().next_mask = mask;
  }
  learn();
  if (!unit_ && decided_ == 0.0) {
    here.action = {static_cast<int>(cpu_hz_.size()) - 1, 0, 0, 0};
  } else {
    const double falling = std::exp(-decided_ / options_.explore_tasks);
    const double share = explores_ ? explore_at_last + (1.0 - explore_at_last) * falling : 0.0;
    agent_.act(here.state, {&mask, 1}, share, {&here.action, 1});
  }
  if (explores_) decided_ += 1.0;
  here.made = {{.cpu_hz = cpu_hz_[static_cast<std::size_t>(here.action[0])]},
               shares_[static_cast<std::size_t>(here.action[share_knob])],
               sending::input};
  if (open_.size() == most_open) open_.pop_front();
  open_.push_back(here);
  return here.made;
}

float drldo_scheme::reward_of(const outcome& result, double eta) {
  const double cost = task_cost(eta, eti(result).joules.value_or(0.0), result.tti, options_.max_power_watts);
  if (!unit_) unit_ = std::max(cost, 1e-12);
  return static_cast<float>(-cost / *unit_);
}

void drldo_scheme::observe(const outcome& result) {
  // Decisions run ahead of answers where a node thinks while it moves, and some are never answered.
  const auto found = std::find_if(open_.begin(), open_.end(),
                                  [&](const step& each) { return each.made == result.decided && !each.reward; });
  if (found == open_.end()) return;
  const auto place = found - open_.begin();
  const float reward = reward_of(result, found->eta);
  // Those before it that have no reward yet will not get one any more.
  open_.erase(std::remove_if(open_.begin(), open_.begin() + place, [](const step& each) { return !each.reward; }),
              open_.begin() + place);
  std::find_if(open_.begin(), open_.end(), [](const step& each) { return !each.reward; })->reward = reward;
  learn();
}

void drldo_scheme::learn() {
  while (!open_.empty() && open_.front().reward && open_.front().next) {
    const auto& done = open_.front();
    agent_.remember({.state = done.state,
                     .action = done.action,
                     .reward = *done.reward,
                     .exponent = 1.0F,
                     .next = *done.next,
                     .mask = done.next_mask});
    open_.pop_front();
    if (agent_.remembered() < options_.first_tasks) continue;
    agent_.step(std::min(1.0, static_cast<double>(agent_.steps()) / (2.0 * options_.explore_tasks)));
  }
}

}  // namespace dvfo::policy
