#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "policy/agent/learner.hpp"
#include "policy/scheme.hpp"

namespace dvfo::policy {

struct drldo_options {
  double max_power_watts = 15.0;  ///< of DVFO Eq. 4
  double gamma = 0.1;             ///< as DVFO's agent has it: tasks hardly depend on each other
  double learning_rate = 1e-3;    ///< of Adam, falling to a tenth: thousands of tasks must do, not millions
  int minibatch = 64;             ///< likewise, a quarter of DVFO's
  std::size_t first_tasks = 128;  ///< observed before the first gradient step; then one step a task
  double explore_tasks = 3000.0;  ///< tasks over which exploration falls from 1 to 0.05
  std::uint64_t seed = 1;
};

/// `drldo` (Panda, Lin & Zhou, IEEE IoT-J 2022, as far as DVFO §6.2.3 and §7.1 describe it): a DQN that chooses the CPU
/// clock and the share of the uncompressed input that is sent; GPU and memory clocks are left alone. Blocking: it
/// thinks when the task is there, knows no t_AS, and discounts by γ a task. Reward −C (DVFO Eq. 14), in units of the
/// first task's cost, which runs on the edge at the highest CPU clock. Network, replay and optimiser are DVFO's own,
/// with one output for every combination. It learns from each outcome, a gradient step a task (under a millisecond).
class drldo_scheme final : public scheme {
 public:
  /// `cpu_hz`: operating points, ascending; `shares`: ascending, the first 0. Throws std::invalid_argument for none.
  drldo_scheme(std::vector<double> cpu_hz, std::vector<double> shares, const drldo_options& options);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;
  [[nodiscard]] bool learns() const override { return true; }
  void explore(bool on) override { explores_ = on; }

  /// Tasks learned from.
  [[nodiscard]] std::size_t remembered() const { return agent_.remembered(); }

 private:
  static constexpr std::size_t inputs = 8;
  using features = std::array<float, inputs>;

  /// A decision that has not been learned from yet.
  struct step {
    features state{};
    levels action{};
    decision made;
    double eta = 0.5;
    std::optional<float> reward;
    std::optional<features> next;
    std::uint16_t next_mask = 0;
  };

  [[nodiscard]] features see(const situation& now) const;
  [[nodiscard]] float reward_of(const outcome& result, double eta);
  void learn();

  std::vector<double> cpu_hz_;
  std::vector<double> shares_;
  drldo_options options_;
  learner agent_;
  std::deque<step> open_;  // in the order of their tasks
  bool explores_ = true;
  double decided_ = 0.0;
  std::optional<double> unit_;  // joules
};

}  // namespace dvfo::policy
