#include "policy/agent/learner.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {
namespace {

void expect(bool is_good, const char* name, double value, const char* expected) {
  if (is_good) return;
  throw std::invalid_argument(std::string("learner option ") + name + " is " + std::to_string(value) + ", expected " +
                              expected);
}

double geometric(double from, double to, double progress) { return from * std::pow(to / from, progress); }

}  // namespace

void check(const learner_options& options) {
  const auto within = [](double value, double low, double high) { return value >= low && value <= high; };
  expect(within(options.learning_rate, 1e-9, 1.0), "learning rate", options.learning_rate, "1e-9 to 1");
  expect(within(options.learning_rate_end, 1e-9, 1.0), "last learning rate", options.learning_rate_end, "1e-9 to 1");
  expect(options.minibatch >= 1, "minibatch", options.minibatch, "at least 1");
  expect(options.gamma >= 0.0 && options.gamma < 1.0, "gamma", options.gamma, "0 to less than 1");
  expect(options.target_period >= 1, "target period", static_cast<double>(options.target_period), "at least 1");
  expect(options.huber_width > 0.0, "huber width", options.huber_width, "more than 0");
  expect(options.gradient_norm > 0.0, "gradient norm", options.gradient_norm, "more than 0");
  expect(within(options.explore_start, 0.0, 1.0), "first exploration", options.explore_start, "0 to 1");
  expect(within(options.explore_end, 0.0, 1.0), "last exploration", options.explore_end, "0 to 1");
  expect(within(options.explore_near, 0.0, 1.0), "near exploration", options.explore_near, "0 to 1");
  expect(within(options.explore_share, 0.0, 1.0), "share of exploration", options.explore_share, "0 to 1");
}

learner::learner(const learner_options& options, const action_space& actions, int inputs, std::vector<level_mask> masks)
    : options_((check(options), options)),
      actions_(actions),
      masks_(std::move(masks)),
      online_({.inputs = inputs, .hidden = options.hidden, .outputs = actions.outputs()}, options.seed),
      target_(online_),
      replay_(options.replay, inputs),
      random_(options.seed ^ 0x5bd1e995U),
      mean_(static_cast<std::size_t>(inputs), 0.0F),
      inverse_(static_cast<std::size_t>(inputs), 1.0F),
      first_moment_(online_.parameters().size(), 0.0F),
      second_moment_(online_.parameters().size(), 0.0F),
      gradient_(online_.parameters().size(), 0.0F),
      places_(static_cast<std::size_t>(options.minibatch)),
      weights_(places_.size()),
      next_values_(places_.size()),
      slopes_(places_.size()),
      active_(places_.size() * static_cast<std::size_t>(actions.active_count())),
      drawn_(places_.size()),
      now_(online_.make_batch(options.minibatch)),
      next_(online_.make_batch(options.minibatch)) {
  if (masks_.empty()) throw std::invalid_argument("the learner needs at least one board's levels");
}

double learner::explore_at(double progress) const {
  if (progress >= options_.explore_share) return options_.explore_end;
  return options_.explore_start + (options_.explore_end - options_.explore_start) * progress / options_.explore_share;
}

/// Another level: a neighbour of the present one, or any.
int learner::random_level(int present, const std::vector<std::uint8_t>& allowed) {
  const auto count = static_cast<int>(allowed.size());
  const bool is_near = random_.uniform() < options_.explore_near;
  const int step = random_.uniform() < 0.5 ? 1 : -1;
  if (is_near) {
    for (int level = present + step; level >= 0 && level < count; level += step) {
      if (allowed[static_cast<std::size_t>(level)] != 0) return level;
    }
    return present;
  }
  return any_level(allowed);
}

int learner::any_level(const std::vector<std::uint8_t>& allowed) {
  int level = 0;
  do {
    level = random_.below(static_cast<int>(allowed.size()));
  } while (allowed[static_cast<std::size_t>(level)] == 0);
  return level;
}

void learner::standardise(std::span<const float> states) {
  constexpr double least_spread = 1e-3;
  const std::size_t rows = states.size() / mean_.size();
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    double sum = 0.0;
    double square = 0.0;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto value = static_cast<double>(states[row * mean_.size() + i]);
      sum += value;
      square += value * value;
    }
    const double mean = sum / static_cast<double>(rows);
    const double spread = std::sqrt(std::max(0.0, square / static_cast<double>(rows) - mean * mean));
    mean_[i] = static_cast<float>(mean);
    inverse_[i] = spread > least_spread ? static_cast<float>(1.0 / spread) : 1.0F;
  }
}

void learner::begin_from(const q_network& network) {
  if (network.parameters().size() != online_.parameters().size() || network.shape().hidden != online_.shape().hidden) {
    throw std::invalid_argument("the network to begin from has " + std::to_string(network.parameters().size()) +
                                " parameters, expected " + std::to_string(online_.parameters().size()) +
                                " in the same layers");
  }
  online_ = network;
  target_ = network;
}

void learner::standardised(std::span<const float> state, float* out) const {
  for (std::size_t i = 0; i < mean_.size(); ++i) out[i] = (state[i] - mean_[i]) * inverse_[i];
}

q_network learner::folded() const {
  q_network out = online_;
  const auto units = static_cast<std::size_t>(out.shape().hidden.front());
  const auto parameters = out.parameters();
  const auto biases = parameters.subspan(mean_.size() * units, units);
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    for (std::size_t unit = 0; unit < units; ++unit) {
      auto& weight = parameters[i * units + unit];
      weight *= inverse_[i];
      biases[unit] -= weight * mean_[i];
    }
  }
  return out;
}

void learner::act(std::span<const float> states, std::span<const std::uint16_t> masks, double explore,
                  std::span<levels> actions) {
  if (acting_.rows != static_cast<int>(actions.size())) acting_ = online_.make_batch(static_cast<int>(actions.size()));
  for (std::size_t i = 0; i < actions.size(); ++i) {
    standardised(states.subspan(i * mean_.size(), mean_.size()), acting_.input.data() + i * mean_.size());
  }
  online_.trunk(acting_);
  online_.outputs(acting_);
  const auto row = static_cast<std::size_t>(online_.output_row());
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const auto& allowed = masks_[masks[i]];
    const std::span<const float> outputs(acting_.outputs.data() + i * row, row);
    actions[i] = actions_.best(outputs, allowed);
    // Another share is tried with its own best clocks: with those of the best share it would look worse than it is, and
    // never be chosen again.
    if (random_.uniform() < explore) actions[i] = actions_.best_at(any_level(allowed[share_knob]), outputs, allowed);
    for (std::size_t knob = 0; knob < share_knob; ++knob) {
      if (random_.uniform() < explore) actions[i][knob] = random_level(actions[i][knob], allowed[knob]);
    }
  }
}

void learner::gather(std::span<const std::size_t> places) {
  const auto count = static_cast<std::size_t>(actions_.active_count());
  for (std::size_t i = 0; i < places.size(); ++i) {
    drawn_[i] = replay_.at(places[i]);
    standardised(drawn_[i].state, now_.input.data() + i * mean_.size());
    standardised(drawn_[i].next, next_.input.data() + i * mean_.size());
    const auto active = actions_.active(drawn_[i].action);
    std::copy_n(active.begin(), count, active_.begin() + static_cast<std::ptrdiff_t>(i * count));
  }
}

/// max_a Q(s_{t+t_AS}, a_t, a) by the target network, with double DQN of the action that the online network prefers.
void learner::values_of_next() {
  if (options_.gamma <= 0.0) {
    std::fill(next_values_.begin(), next_values_.end(), 0.0F);
    return;
  }
  const auto row = static_cast<std::size_t>(online_.output_row());
  const auto count = static_cast<std::size_t>(actions_.active_count());
  const auto& chooser = options_.double_dqn ? online_ : target_;
  chooser.trunk(next_);
  chooser.outputs(next_);
  if (options_.double_dqn) target_.trunk(next_);
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    const auto best = actions_.best({next_.outputs.data() + i * row, row}, masks_[drawn_[i].mask]);
    const auto active = actions_.active(best);
    next_values_[i] = target_.value(next_, static_cast<int>(i), std::span(active).first(count));
  }
}

step_report learner::step(double progress) {
  if (replay_.size() < places_.size()) {
    throw std::logic_error("the learner has " + std::to_string(replay_.size()) + " transitions, a minibatch has " +
                           std::to_string(places_.size()));
  }
  const double beta = options_.replay.beta + (options_.replay.beta_end - options_.replay.beta) * progress;
  replay_.sample(random_, beta, places_, weights_);
  gather(places_);
  values_of_next();
  online_.trunk(now_);
  step_report report;
  const auto count = static_cast<std::size_t>(actions_.active_count());
  const auto width = static_cast<float>(options_.huber_width);
  const float share = 1.0F / static_cast<float>(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const float q = online_.value(now_, static_cast<int>(i), std::span(active_).subspan(i * count, count));
    const auto target =
        concurrent_target(static_cast<double>(drawn_[i].reward), options_.gamma,
                          static_cast<double>(drawn_[i].exponent), static_cast<double>(next_values_[i]));
    const float error = static_cast<float>(target) - q;
    const float size = std::abs(error);
    const float loss = size <= width ? 0.5F * error * error : width * (size - 0.5F * width);
    report.loss += static_cast<double>(share * weights_[i] * loss);
    report.mean_td_error += static_cast<double>(share * size);
    const float pull = std::clamp(error, -width, width);
    slopes_[i] = -share * weights_[i] * pull;
    // What pulls no harder is not replayed more often either: else rare accidents would crowd out what can be learnt.
    replay_.found(places_[i], pull);
  }
  online_.backward(now_, slopes_, active_, actions_.active_count(), gradient_);
  descend(geometric(options_.learning_rate, options_.learning_rate_end, progress));
  if (++steps_ % options_.target_period == 0) {
    std::copy(online_.parameters().begin(), online_.parameters().end(), target_.parameters().begin());
  }
  return report;
}

/// Adam (Kingma & Ba 2015) on all parameters at once, after clipping.
void learner::descend(double learning_rate) {
  double square = 0.0;
  for (const float slope : gradient_) square += static_cast<double>(slope) * static_cast<double>(slope);
  const double norm = std::sqrt(square);
  const auto scale = static_cast<float>(norm > options_.gradient_norm ? options_.gradient_norm / norm : 1.0);
  const auto steps = static_cast<double>(steps_ + 1);
  const auto keep1 = static_cast<float>(options_.adam_beta1);
  const auto keep2 = static_cast<float>(options_.adam_beta2);
  const double correction = std::sqrt(1.0 - std::pow(options_.adam_beta2, steps));
  const auto rate = static_cast<float>(learning_rate * correction / (1.0 - std::pow(options_.adam_beta1, steps)));
  const auto epsilon = static_cast<float>(options_.adam_epsilon * correction);
  float* parameter = online_.parameters().data();
  float* first = first_moment_.data();
  float* second = second_moment_.data();
  const float* slopes = gradient_.data();
  const std::size_t count = gradient_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const float slope = scale * slopes[i];
    first[i] = keep1 * first[i] + (1.0F - keep1) * slope;
    second[i] = keep2 * second[i] + (1.0F - keep2) * slope * slope;
    parameter[i] -= rate * first[i] / (std::sqrt(second[i]) + epsilon);
  }
}

}  // namespace dvfo::policy
