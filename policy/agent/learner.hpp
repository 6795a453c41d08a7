#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "policy/agent/q_network.hpp"
#include "policy/agent/replay_memory.hpp"

namespace dvfo::policy {

/// Everything about the agent that can be set. Defaults are the paper's (DVFO §6.1) where it gives one.
struct learner_options {
  std::vector<int> hidden = {128, 64, 32};      ///< DVFO §6.1
  output_form form = output_form::conditional;  ///< see action_space.hpp
  double learning_rate = 1e-4;                  ///< Adam, DVFO §6.1
  double learning_rate_end = 1e-4;              ///< reached geometrically at the end of training
  double adam_beta1 = 0.9;                      ///< Kingma & Ba 2015
  double adam_beta2 = 0.999;                    ///< likewise
  double adam_epsilon = 1e-8;                   ///< likewise
  int minibatch = 256;                          ///< DVFO §6.1
  /// Of a step of H, whose value then counts γ^(t_AS/H). Small, because a task's decision reaches into the next task
  /// only by clocks that still settle and by warmth: what follows later is noise to this decision.
  double gamma = 0.1;
  std::int64_t target_period = 500;  ///< gradient steps between copies to the target network
  bool double_dqn = true;            ///< the online network chooses, the target network values (van Hasselt 2016)
  double huber_width = 1.0;          ///< TD error up to which the loss is a parabola
  double gradient_norm = 10.0;       ///< longest gradient, as Wang et al. 2016 cut it off
  double explore_start = 1.0;        ///< chance of each knob to be drawn at random: at the start,
  double explore_end = 0.05;         ///< and from explore_share of the training on
  double explore_share = 0.5;
  double explore_near = 0.5;  ///< of those draws that go to a neighbouring level: they tell near points apart
  replay_options replay;
  std::uint64_t seed = 1;
};

/// Throws std::invalid_argument that names the option, what it is and what is expected.
void check(const learner_options& options);

/// DVFO Eq. 15 in its control form: r + γ^(t_AS/H) · max_a Q(s_{t+t_AS}, a_t, a). `exponent` is t_AS/H; infinite where
/// nothing follows. A contraction by γ^(least exponent) in the greatest norm.
inline double concurrent_target(double reward, double gamma, double exponent, double next_value) {
  const double discount = std::isinf(exponent) ? 0.0 : std::pow(gamma, exponent);
  return reward + discount * next_value;
}

/// What a gradient step found.
struct step_report {
  double loss = 0.0;           ///< mean Huber loss, weighted
  double mean_td_error = 0.0;  ///< mean |TD error|, unweighted
};

/// The concurrent DQN agent of DVFO Algorithm 1: replay, online and target network, Adam. The same seed and the same
/// calls give the same parameters on the same kind of processor. Not thread-safe.
class learner {
 public:
  /// `masks`: the boards' levels, which transitions name by their place. Throws std::invalid_argument.
  learner(const learner_options& options, const action_space& actions, int inputs, std::vector<level_mask> masks);

  [[nodiscard]] const learner_options& options() const { return options_; }
  [[nodiscard]] const action_space& actions() const { return actions_; }
  [[nodiscard]] const q_network& online() const { return online_; }
  [[nodiscard]] const level_mask& mask(std::size_t which) const { return masks_[which]; }
  [[nodiscard]] std::size_t remembered() const { return replay_.size(); }
  [[nodiscard]] std::int64_t steps() const { return steps_; }

  /// An action for each row of states; each knob is drawn at random with the chance `explore`. `masks` has a mask's
  /// place a row.
  void act(std::span<const float> states, std::span<const std::uint16_t> masks, double explore,
           std::span<levels> actions);

  void remember(const transition& what) { replay_.add(what); }

  /// From now on inputs are seen as (input − mean) / spread, feature by feature, with these states' mean and spread;
  /// one that hardly varies keeps its size. Once, before the first step.
  void standardise(std::span<const float> states);

  /// Goes on from a network that takes inputs as they are. Before the first step, instead of standardise(). Throws
  /// std::invalid_argument for one of another shape.
  void begin_from(const q_network& network);

  /// The online network for inputs as they are: the standardisation is in its first layer.
  [[nodiscard]] q_network folded() const;

  /// One gradient step on one minibatch. `progress`: how much of the training is over, 0 to 1, for what is annealed.
  /// Throws std::logic_error while fewer than a minibatch are remembered.
  step_report step(double progress);

  /// Chance of a random level at this progress.
  [[nodiscard]] double explore_at(double progress) const;

  /// Networks, Adam's moments, counters and the random source; not the replay memory, which fills again in seconds.
  /// Replaces such a checkpoint, and nothing else. Throws files::error.
  void save(const std::filesystem::path& file) const;
  /// Throws std::runtime_error for a file that is damaged or of a learner of other sizes.
  void restore(const std::filesystem::path& file);
  /// Removes such a checkpoint, if one is there. Throws files::error.
  static void remove_checkpoint(const std::filesystem::path& file);

 private:
  [[nodiscard]] int any_level(const std::vector<std::uint8_t>& allowed);
  [[nodiscard]] int random_level(int present, const std::vector<std::uint8_t>& allowed);
  void standardised(std::span<const float> state, float* out) const;
  void gather(std::span<const std::size_t> places);
  void values_of_next();
  void descend(double learning_rate);

  learner_options options_;
  action_space actions_;
  std::vector<level_mask> masks_;
  q_network online_;
  q_network target_;
  replay_memory replay_;
  random_source random_;
  std::int64_t steps_ = 0;
  std::vector<float> mean_;     // of each input,
  std::vector<float> inverse_;  // and 1 / spread
  std::vector<float> first_moment_;
  std::vector<float> second_moment_;

  // Scratch of one step.
  std::vector<float> gradient_;
  std::vector<std::size_t> places_;
  std::vector<float> weights_;
  std::vector<float> next_values_;
  std::vector<float> slopes_;
  std::vector<int> active_;
  std::vector<transition> drawn_;
  q_network::batch now_;
  q_network::batch next_;
  q_network::batch acting_;
};

}  // namespace dvfo::policy
