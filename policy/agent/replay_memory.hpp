#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "policy/agent/action_space.hpp"
#include "policy/agent/random.hpp"
#include "policy/agent/sum_tree.hpp"

namespace dvfo::policy {

/// One step of a concurrent decision process: (s_t, a_{t−1}, a_t, t_AS, H, r, s_{t+t_AS}, t_AS′) of DVFO Eq. 15. The
/// previous action and t_AS are inputs of the network, so they stand in `state`, and a_t and t_AS′ in `next`.
struct transition {
  std::span<const float> state;
  levels action{};
  float reward = 0.0F;    ///< of the stretch of time that the target's first term is for
  float exponent = 1.0F;  ///< t_AS/H, the power of γ before the value of `next`; infinite: nothing follows
  std::span<const float> next;
  std::uint16_t mask = 0;  ///< which of the learner's masks holds for this board
};

struct replay_options {
  std::size_t capacity = 1'000'000;  ///< transitions (DVFO §6.1); memory is taken as they come
  double alpha = 0.6;                ///< priority = (|TD error| + ε)^α: Schaul et al. 2016, proportional variant
  double beta = 0.4;                 ///< weight = (N · P)^−β at the start, likewise,
  double beta_end = 1.0;             ///< and at the end of training: what is sampled more often counts less
  double epsilon = 1e-3;             ///< what a transition without error keeps of its chance
};

/// Prioritised replay (Schaul et al. 2016): a ring of transitions in flat arrays. Not thread-safe.
class replay_memory {
 public:
  /// `inputs`: floats of a state. Throws std::invalid_argument for a capacity or exponents that cannot be.
  replay_memory(const replay_options& options, int inputs);

  /// The newest gets the greatest priority seen, so that it is replayed soon. Overwrites the oldest when full. Throws
  /// std::invalid_argument for states of another length and rewards that are not finite.
  void add(const transition& what);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] transition at(std::size_t place) const;
  [[nodiscard]] double priority(std::size_t place) const { return tree_[place]; }

  /// Draws places in proportion to their priority, one from each of equal parts of the sum, and their importance
  /// weights, the largest 1. The memory must not be empty.
  void sample(random_source& random, double beta, std::span<std::size_t> places, std::span<float> weights) const;

  /// Sets the priority by the error that was found.
  void found(std::size_t place, float td_error);

 private:
  struct figures {
    levels action{};
    float reward = 0.0F;
    float exponent = 0.0F;
    std::uint16_t mask = 0;
  };

  replay_options options_;
  std::size_t inputs_;
  std::size_t size_ = 0;
  std::size_t next_ = 0;
  double greatest_ = 1.0;
  std::vector<float> states_;  // a row a place: state, then next
  std::vector<figures> figures_;
  sum_tree tree_;
};

}  // namespace dvfo::policy
