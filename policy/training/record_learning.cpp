#include "policy/training/record_learning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "policy/agent/learner.hpp"
#include "policy/cost.hpp"
#include "policy/training/training_environment.hpp"

namespace dvfo::policy {
namespace {

/// The levels of a decision of this policy on this board; absent for any other decision.
std::optional<levels> levels_of(const action_grid& grid, const decision& made) {
  if (made.sends != sending::features) return std::nullopt;
  constexpr double near = 0.5;  // hertz; shares differ by far more than 1e-6
  levels out{};
  for (std::size_t knob = 0; knob < knob_count; ++knob) {
    const auto& allowed = grid.mask()[knob];
    bool is_found = false;
    for (std::size_t level = 0; level < allowed.size() && !is_found; ++level) {
      if (allowed[level] == 0) continue;
      levels one{};
      for (std::size_t other = 0; other < knob_count; ++other) {
        const auto& mask = grid.mask()[other];
        one[other] = static_cast<int>(std::find(mask.begin(), mask.end(), 1) - mask.begin());
      }
      one[knob] = static_cast<int>(level);
      const auto tried = grid.to_decision(one);
      if (knob == share_knob) {
        is_found = std::abs(tried.share - made.share) < 1e-6;
      } else {
        const auto which = device::all_knobs[knob];
        is_found =
            made.clocks[which] && tried.clocks[which] && std::abs(*made.clocks[which] - *tried.clocks[which]) < near;
      }
      if (is_found) out[knob] = static_cast<int>(level);
    }
    if (!is_found) return std::nullopt;
  }
  return out;
}

/// A task with everything that learning needs.
struct usable {
  std::vector<float> state;
  levels action{};
  float reward = 0.0F;
  double thinking_share = 0.0;
};

std::optional<usable> to_usable(const training_scenario& where, const experience& task) {
  if (task.degraded != degraded_reason::none || !task.joules || !(task.tti_seconds > 0.0)) return std::nullopt;
  const auto action = levels_of(*where.grid, task.decided);
  if (!action) return std::nullopt;
  usable out;
  out.state.resize(static_cast<std::size_t>(observer::size()));
  try {
    where.sees->write(task.seen, out.state);
  } catch (const std::invalid_argument&) {
    return std::nullopt;  // a sensor told nonsense, and the scheme fell back
  }
  const link_conditions link{
      .bandwidth_bps = std::max(1.0, task.seen.bandwidth_bps.value_or(unknown_link.bandwidth_bps)),
      .rtt_seconds = task.seen.rtt_seconds.value_or(unknown_link.rtt_seconds)};
  const double cost = task_cost(task.seen.eta, *task.joules, task.tti_seconds, where.max_power_watts);
  const double reference = where.sees->reference_cost(task.seen.eta, link, task.seen.celsius.value_or(usual_celsius));
  if (!(cost > 0.0) || !(reference > 0.0)) return std::nullopt;
  out.action = *action;
  out.reward = static_cast<float>(reward_of(cost, reference));
  out.thinking_share = task.seen.thinking_share;
  return out;
}

void check(const policy_bundle& policy, const training_scenario& where) {
  if (is_trained_for(policy, where.board, where.network)) return;
  throw std::invalid_argument(
      fmt::format("policy \"{}\" was not trained for {} on {}: what it recorded there was its fallback, which teaches "
                  "nothing; train "
                  "one for it by 'dvfo train policy --bundles'",
                  policy.name, where.network, where.board));
}

}  // namespace

record_report learn_from_record(policy_bundle& policy, const training_scenario& where,
                                std::span<const experience> tasks, const record_options& options) {
  check(policy, where);
  record_report report;
  std::vector<usable> lived;
  for (const auto& each : tasks) {
    if (auto one = to_usable(where, each)) lived.push_back(std::move(*one));
  }
  report.used = lived.size();
  report.passed_over = tasks.size() - lived.size();
  if (lived.size() < static_cast<std::size_t>(options.minibatch)) {
    throw std::invalid_argument(
        fmt::format("the record has {} tasks that can be learned from and {} that cannot (degraded, without energy, or "
                    "not decided by this policy); expected at least {}",
                    report.used, report.passed_over, options.minibatch));
  }
  learner_options how;
  how.hidden = policy.network.shape().hidden;
  how.form = policy.form;
  how.learning_rate = how.learning_rate_end = options.learning_rate;
  how.minibatch = options.minibatch;
  how.gamma = options.gamma;
  how.huber_width = options.huber_width;
  how.replay.capacity = std::max<std::size_t>(lived.size(), 1);
  how.seed = options.seed;
  learner agent(how, action_space(policy.sizes, policy.form), observer::size(), {where.grid->mask()});
  agent.begin_from(policy.network);
  for (std::size_t i = 0; i < lived.size(); ++i) {
    const bool is_last = i + 1 == lived.size();
    const auto& next = lived[is_last ? i : i + 1];
    const double exponent = is_last                     ? std::numeric_limits<double>::infinity()
                            : next.thinking_share > 0.0 ? next.thinking_share
                                                        : 1.0;
    agent.remember({.state = lived[i].state,
                    .action = lived[i].action,
                    .reward = lived[i].reward,
                    .exponent = static_cast<float>(exponent),
                    .next = next.state,
                    .mask = 0});
  }
  const std::int64_t tenth = std::max<std::int64_t>(1, options.steps / 10);
  for (std::int64_t i = 0; i < options.steps; ++i) {
    const double error = agent.step(static_cast<double>(i) / static_cast<double>(options.steps)).mean_td_error;
    if (i < tenth) report.td_error_before += error / static_cast<double>(tenth);
    if (i >= options.steps - tenth) report.td_error_after += error / static_cast<double>(tenth);
  }
  policy.network = agent.folded();
  policy.steps += options.steps;
  return report;
}

}  // namespace dvfo::policy
