#include "policy/agent/replay_memory.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {

replay_memory::replay_memory(const replay_options& options, int inputs)
    : options_(options), inputs_(static_cast<std::size_t>(inputs)), tree_(options.capacity) {
  for (const double exponent : {options.alpha, options.beta, options.beta_end}) {
    if (exponent >= 0.0 && exponent <= 1.0) continue;
    throw std::invalid_argument("an exponent of prioritised replay is " + std::to_string(exponent) +
                                ", expected 0 to 1");
  }
  if (!(options.epsilon > 0.0)) {
    throw std::invalid_argument("epsilon of prioritised replay is " + std::to_string(options.epsilon) +
                                ", expected more than 0");
  }
}

void replay_memory::add(const transition& what) {
  if (what.state.size() != inputs_ || what.next.size() != inputs_ || !std::isfinite(what.reward) ||
      !(what.exponent >= 0.0F)) {
    throw std::invalid_argument("a transition has states of " + std::to_string(what.state.size()) + " and " +
                                std::to_string(what.next.size()) + " floats, reward " + std::to_string(what.reward) +
                                " and exponent " + std::to_string(what.exponent) + "; expected states of " +
                                std::to_string(inputs_) + ", a finite reward and an exponent of at least 0");
  }
  const std::size_t row = 2 * inputs_;
  if (size_ < options_.capacity) {
    size_ = next_ + 1;
    states_.resize(size_ * row);
    figures_.resize(size_);
  }
  const auto place = states_.begin() + static_cast<std::ptrdiff_t>(next_ * row);
  std::copy(what.state.begin(), what.state.end(), place);
  std::copy(what.next.begin(), what.next.end(), place + static_cast<std::ptrdiff_t>(inputs_));
  figures_[next_] = {what.action, what.reward, what.exponent, what.mask};
  tree_.set(next_, greatest_);
  next_ = (next_ + 1) % options_.capacity;
}

transition replay_memory::at(std::size_t place) const {
  const auto& one = figures_[place];
  const std::span<const float> row(states_.data() + place * 2 * inputs_, 2 * inputs_);
  return {.state = row.first(inputs_),
          .action = one.action,
          .reward = one.reward,
          .exponent = one.exponent,
          .next = row.last(inputs_),
          .mask = one.mask};
}

void replay_memory::sample(random_source& random, double beta, std::span<std::size_t> places,
                           std::span<float> weights) const {
  const double part = tree_.total() / static_cast<double>(places.size());
  double greatest = 0.0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = tree_.find((static_cast<double>(i) + random.uniform()) * part);
    const double chance = tree_[places[i]] / tree_.total();
    const double weight = std::pow(static_cast<double>(size_) * chance, -beta);
    greatest = std::max(greatest, weight);
    weights[i] = static_cast<float>(weight);
  }
  for (auto& weight : weights) weight /= static_cast<float>(greatest);
}

void replay_memory::found(std::size_t place, float td_error) {
  const double priority = std::pow(std::abs(static_cast<double>(td_error)) + options_.epsilon, options_.alpha);
  greatest_ = std::max(greatest_, priority);
  tree_.set(place, priority);
}

}  // namespace dvfo::policy
