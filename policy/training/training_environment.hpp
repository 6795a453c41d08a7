#pragma once

#include <memory>
#include <span>
#include <vector>

#include "policy/agent/observation.hpp"
#include "policy/agent/random.hpp"
#include "policy/agent/replay_memory.hpp"
#include "policy/environment/world.hpp"
#include "policy/scheme.hpp"
#include "policy/training/training_scenario.hpp"

namespace dvfo::policy {

/// The worlds that a policy is trained in. Defaults span the conditions that it is judged in, and a margin.
struct environment_options {
  int worlds = 64;         ///< that step together
  int episode_tasks = 24;  ///< after which a world gets other conditions
  thinking how = thinking::concurrent;
  double bandwidth_low_bps = unknown_link.bandwidth_bps;  ///< the project's range of links, 0.2 to
  double bandwidth_high_bps = 1e8;                        ///< 100 Mbit/s, uniform in its logarithm
  double markov_share = 0.3;                              ///< of episodes whose bandwidth wanders; the others' stands
  double rtt_low_seconds = 0.002;                         ///< logarithm uniform, from a local network
  double rtt_high_seconds = 0.080;                        ///< to a far data centre
  /// Time between tasks over the time of one on the edge at the highest clocks; logarithm uniform. From an edge that
  /// slow clocks would overload to one that is idle most of the time.
  double interval_low = 3.0;
  double interval_high = 20.0;
  /// Of episodes whose source waits: a task that was slow then delays those after it, which is noise to their own
  /// decisions, so it is the exception.
  double queue_share = 0.1;
  double poisson_share = 0.15;  ///< of episodes; the rest comes steadily
  double burst_share = 0.05;
  /// Seconds from sensing to orders on their way: reading sensors, inference, writing to sysfs; logarithm uniform.
  double think_low_seconds = 0.0005;
  double think_high_seconds = 0.005;
  /// Importances of real images (x~p(a), each of sum 1), of which a world has one an episode; none: made up.
  std::vector<std::vector<float>> importances = {};
};

/// Throws std::invalid_argument that names what cannot be.
void check(const environment_options& options);

/// What an episode is drawn for.
struct condition {
  std::size_t scenario = 0;
  double eta = 0.5;
  double bandwidth_bps = 5e6;
  double rtt_seconds = 0.01;
};
struct hard_case {
  condition where;
  double weight = 1.0;
};

/// Many worlds that step together, each a board, a model, a link and a user's η drawn anew every episode.
///
/// A step runs one task in every world. What is handed over for learning is a transition of W, where DVFO Eq. 15 is
/// Q(s_t, a_{t−1}, a_t) = r(s_t, a_{t−1}) + γ^(t_AS/H) · W(s_t, a_{t−1}, a_t): the first term is the same for every
/// a_t, so the best action is W's, and learning W spares the network to tell the price of the running action from its
/// inputs. W's own equation has the same form one stretch later: W = r(s_{t+t_AS}, a_t) + γ^(t_AS′/H′) · max W.
class training_environment {
 public:
  /// `scenarios` must outlive it.
  training_environment(const std::vector<training_scenario>& scenarios, const environment_options& options,
                       std::uint64_t seed);
  ~training_environment();

  [[nodiscard]] int worlds() const { return options_.worlds; }
  [[nodiscard]] std::span<const float> states() const { return states_; }
  [[nodiscard]] std::span<const std::uint16_t> masks() const { return masks_; }

  /// From now on `share` of the episodes begin near one of `cases`, drawn by weight; none if there is none. What is
  /// decided badly is seen more often (prioritised level replay, Jiang et al. 2021).
  void focus(std::vector<hard_case> cases, double share);

  /// Runs a task a world with these actions. The transitions stay valid until the next step.
  std::span<const transition> step(std::span<const levels> actions);

 private:
  struct slot;
  void begin_episode(std::size_t which);
  [[nodiscard]] condition draw_condition();
  [[nodiscard]] condition draw_near_a_hard_case();
  void write_state(std::size_t which, const situation& now);
  void run_task(std::size_t which, const levels& action);

  const std::vector<training_scenario>* scenarios_;
  environment_options options_;
  random_source random_;
  std::vector<hard_case> hard_;
  double hard_weight_ = 0.0;  // sum
  double hard_share_ = 0.0;
  std::size_t inputs_;
  std::vector<std::unique_ptr<slot>> slots_;
  std::vector<float> states_;
  std::vector<float> before_;
  std::vector<std::uint16_t> masks_;
  std::vector<transition> transitions_;
};

/// −log(cost / reference): what the agent maximises. The reference (observer::reference_cost) makes boards, networks
/// and η alike in scale; it depends on the situation and not on the decision, so dividing by it leaves the order of the
/// decisions for one task as it is, and so does the logarithm, which turns the cost's factors (time and power, knob by
/// knob) into the sums that a branching network can represent. Over several tasks, or where costs are random, the
/// optimum is that of the mean logarithm, not of the mean cost: close, because tasks hardly depend on each other.
double reward_of(double cost, double reference);

}  // namespace dvfo::policy
