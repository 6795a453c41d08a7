#include "policy/training/training_environment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include "policy/cost.hpp"

namespace dvfo::policy {

/// One world and what is known of its running task.
struct training_environment::slot {
  const training_scenario* scenario = nullptr;
  std::unique_ptr<link::trace> link;
  std::optional<world> here;
  double eta = 0.5;
  double think_seconds = 0.0;
  std::vector<float> importance;
  double started = 0.0;  // of the task before
  double sensed = 0.0;   // when the pending state was observed
  double thinking_share = 0.0;
  int tasks_left = 0;
};

namespace {

constexpr int channels = 16;  // of the importance that is made up

/// An importance as SCAM gives it: some channels carry most. It changes no cost.
std::vector<float> draw_importance(random_source& random) {
  std::vector<float> out(channels);
  const double skew = random.between(0.2, 2.0);
  float sum = 0.0F;
  for (auto& each : out) sum += each = static_cast<float>(std::exp(skew * random.normal()));
  for (auto& each : out) each /= sum;
  return out;
}

/// How far from a hard case an episode may begin: half the way to its neighbours on the grid it is found on.
constexpr double near_eta = 0.1;
constexpr double near_factor = 1.5;

void expect(bool is_good, const char* name, double value, const char* expected) {
  if (is_good) return;
  throw std::invalid_argument(std::string("environment option ") + name + " is " + std::to_string(value) +
                              ", expected " + expected);
}

}  // namespace

void check(const environment_options& o) {
  expect(o.worlds >= 1, "worlds", o.worlds, "at least 1");
  expect(o.episode_tasks >= 1, "episode tasks", o.episode_tasks, "at least 1");
  expect(o.bandwidth_low_bps > 0.0, "lowest bandwidth", o.bandwidth_low_bps, "more than 0");
  expect(o.bandwidth_high_bps >= o.bandwidth_low_bps, "highest bandwidth", o.bandwidth_high_bps, "at least the lowest");
  expect(o.rtt_low_seconds > 0.0, "shortest round trip", o.rtt_low_seconds, "more than 0");
  expect(o.rtt_high_seconds >= o.rtt_low_seconds, "longest round trip", o.rtt_high_seconds, "at least the shortest");
  expect(o.interval_low > 0.0, "shortest interval", o.interval_low, "more than 0");
  expect(o.interval_high >= o.interval_low, "longest interval", o.interval_high, "at least the shortest");
  expect(o.think_low_seconds > 0.0, "shortest thinking", o.think_low_seconds, "more than 0");
  expect(o.think_high_seconds >= o.think_low_seconds, "longest thinking", o.think_high_seconds,
         "at least the shortest");
  for (const auto& each : o.importances) {
    double sum = 0.0;
    for (const float weight : each) {
      expect(weight >= 0.0F, "importance", static_cast<double>(weight), "at least 0");
      sum += static_cast<double>(weight);
    }
    expect(std::abs(sum - 1.0) < 1e-3, "sum of importances", sum, "1");
  }
}

double reward_of(double cost, double reference) { return -std::log(cost / reference); }

training_environment::training_environment(const std::vector<training_scenario>& scenarios,
                                           const environment_options& options, std::uint64_t seed)
    : scenarios_(&scenarios),
      options_((check(options), options)),
      random_(seed),
      inputs_(static_cast<std::size_t>(observer::size())),
      masks_(static_cast<std::size_t>(options.worlds)),
      transitions_(static_cast<std::size_t>(options.worlds)) {
  states_.resize(masks_.size() * inputs_);
  before_.resize(states_.size());
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    slots_.push_back(std::make_unique<slot>());
    begin_episode(i);
    // Worlds end their episodes one after another, so that every moment has something of everything.
    slots_[i]->tasks_left = 1 + random_.below(options_.episode_tasks);
  }
}

training_environment::~training_environment() = default;

void training_environment::focus(std::vector<hard_case> cases, double share) {
  hard_ = std::move(cases);
  hard_weight_ = 0.0;
  for (const auto& each : hard_) hard_weight_ += each.weight;
  hard_share_ = hard_weight_ > 0.0 ? share : 0.0;
}

condition training_environment::draw_condition() {
  condition out;
  out.scenario = static_cast<std::size_t>(random_.below(static_cast<int>(scenarios_->size())));
  // The ends are what users ask for most: a quarter each for latency only and energy only would be too much, so a
  // twelfth.
  const double draw = random_.uniform();
  out.eta = draw < 1.0 / 12.0 ? 0.0 : draw < 2.0 / 12.0 ? 1.0 : random_.uniform();
  out.bandwidth_bps = random_.log_between(options_.bandwidth_low_bps, options_.bandwidth_high_bps);
  out.rtt_seconds = random_.log_between(options_.rtt_low_seconds, options_.rtt_high_seconds);
  return out;
}

condition training_environment::draw_near_a_hard_case() {
  double left = random_.uniform() * hard_weight_;
  std::size_t at = 0;
  while (at + 1 < hard_.size() && left > hard_[at].weight) left -= hard_[at++].weight;
  condition out = hard_[at].where;
  out.eta = std::clamp(out.eta + random_.between(-near_eta, near_eta), 0.0, 1.0);
  out.bandwidth_bps = std::clamp(out.bandwidth_bps * random_.log_between(1.0 / near_factor, near_factor),
                                 options_.bandwidth_low_bps, options_.bandwidth_high_bps);
  out.rtt_seconds = std::clamp(out.rtt_seconds * random_.log_between(1.0 / near_factor, near_factor),
                               options_.rtt_low_seconds, options_.rtt_high_seconds);
  return out;
}

void training_environment::begin_episode(std::size_t which) {
  auto& at = *slots_[which];
  const auto drawn = hard_share_ > 0.0 && random_.uniform() < hard_share_ ? draw_near_a_hard_case() : draw_condition();
  at.scenario = &(*scenarios_)[drawn.scenario];
  at.tasks_left = options_.episode_tasks;
  at.eta = drawn.eta;
  const double interval =
      at.scenario->sees->edge_seconds() * random_.log_between(options_.interval_low, options_.interval_high);
  at.here.reset();
  at.link = std::make_unique<link::trace>(
      random_.uniform() < options_.markov_share
          ? link::trace::markov(random_.bits(), options_.bandwidth_low_bps, options_.bandwidth_high_bps,
                                random_.log_between(8.0, 100.0) * interval, 4.0 * options_.episode_tasks * interval)
          : link::trace::constant(drawn.bandwidth_bps));
  arrivals when{.how = arrivals::kind::steady, .mean_seconds = interval, .burst_size = 3};
  const double kind = random_.uniform();
  if (kind < options_.poisson_share) when.how = arrivals::kind::poisson;
  if (kind > 1.0 - options_.burst_share) when.how = arrivals::kind::bursts;
  at.here.emplace(*at.scenario->physics, *at.link,
                  world_options{.rtt_seconds = drawn.rtt_seconds,
                                .eta = at.eta,
                                .when = when,
                                .seed = random_.bits(),
                                .probe_seconds = interval,
                                .shows_last_transfer = true,
                                .drops_late = random_.uniform() >= options_.queue_share});
  at.think_seconds = random_.log_between(options_.think_low_seconds, options_.think_high_seconds);
  const auto& real = options_.importances;
  at.importance = real.empty() ? draw_importance(random_)
                               : real[static_cast<std::size_t>(random_.below(static_cast<int>(real.size())))];
  masks_[which] = at.scenario->mask;
  at.here->next_arrival();
  at.sensed = at.here->now();
  at.started = at.here->now();
  at.thinking_share = 0.0;
  write_state(which, at.here->sense());
}

void training_environment::write_state(std::size_t which, const situation& now) {
  const auto& at = *slots_[which];
  situation seen = now;
  seen.importance = at.importance;
  if (options_.how == thinking::concurrent) {
    seen.thinking_share = at.thinking_share;
  } else {
    seen.previous = {};
    seen.in_force = {};
  }
  at.scenario->sees->write(seen, std::span(states_).subspan(which * inputs_, inputs_));
}

void training_environment::run_task(std::size_t which, const levels& action) {
  auto& at = *slots_[which];
  auto& here = *at.here;
  const bool is_concurrent = options_.how == thinking::concurrent;
  // Thinking that takes longer than the task before and the gap after it makes the task wait for the rest.
  const double thought = is_concurrent ? at.sensed + at.think_seconds : here.now() + at.think_seconds;
  if (thought > here.now()) here.hold(thought - here.now());
  const double reference = at.scenario->sees->reference_cost(at.eta, here.truth(), here.board().celsius());
  const double started = here.now();
  situation on_the_way;
  const auto result = here.run(at.scenario->grid->to_decision(action), &on_the_way);
  const double cost =
      task_cost(at.eta, result.eti_estimated_joules.value_or(0.0), result.tti, at.scenario->max_power_watts);
  at.sensed = started + result.stages.extract;
  here.next_arrival();
  auto& out = transitions_[which];
  out.action = action;
  out.reward = static_cast<float>(reward_of(cost, reference));
  out.mask = at.scenario->mask;
  if (is_concurrent) {
    at.thinking_share = (here.now() - at.sensed) / std::max(here.now() - started, 1e-9);
    out.exponent = static_cast<float>(at.thinking_share);
    write_state(which, on_the_way);
  } else {
    out.exponent = 1.0F;
    write_state(which, here.sense());
  }
}

std::span<const transition> training_environment::step(std::span<const levels> actions) {
  before_ = states_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    run_task(i, actions[i]);
    const bool is_over = --slots_[i]->tasks_left <= 0;
    if (is_over) {
      begin_episode(i);
      // The state that would have come is gone; nothing is bootstrapped from the other world's.
      transitions_[i].exponent = std::numeric_limits<float>::infinity();
    }
    transitions_[i].state = std::span<const float>(before_).subspan(i * inputs_, inputs_);
    transitions_[i].next = std::span<const float>(states_).subspan(i * inputs_, inputs_);
  }
  return transitions_;
}

}  // namespace dvfo::policy
