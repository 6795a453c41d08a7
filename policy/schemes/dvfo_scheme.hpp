#pragma once

#include <functional>
#include <string>
#include <vector>

#include "policy/agent/observation.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "policy/agent/q_inference.hpp"
#include "policy/scheme.hpp"

namespace dvfo::policy {

/// Where a policy is to decide.
struct policy_place {
  std::string board;                      ///< as "jetson-tx2"
  std::string network;                    ///< architecture at its published size, or the model bundle's name
  const task_physics* physics = nullptr;  ///< of this board and model; must outlive the scheme
  double max_power_watts = 0.0;           ///< MaxPower of DVFO Eq. 4
};

/// `dvfo` and `dvfo-blocking`: the trained policy. What it cannot decide falls back to the stated default, the edge
/// alone at the board's highest clocks: a board or model that it was not trained for, for as long as the scheme lives,
/// and a situation that cannot be (a NaN from a sensor, η outside [0, 1]), for that task. `complain` is told, once
/// each.
class dvfo_scheme final : public scheme {
 public:
  using complaint = std::function<void(const std::string& what)>;

  /// Throws std::invalid_argument for a bundle whose levels no action grid can have.
  dvfo_scheme(const policy_bundle& bundle, const policy_place& where, complaint complain);

  [[nodiscard]] decision decide(const situation& now) override;
  void observe(const outcome& result) override;

  /// Whether the policy was trained for this board and model.
  [[nodiscard]] bool is_trained_for_this() const { return is_trained_; }

 private:
  void complain_once(const std::string& what);

  q_inference network_;
  action_grid grid_;
  observer sees_;
  level_mask on_the_edge_;  // while no cloud is connected, or its link not measured
  decision fallback_;
  complaint complain_;
  thinking how_;
  bool is_trained_ = false;
  std::vector<float> seen_;
  situation known_;
  std::vector<std::string> complained_;
};

}  // namespace dvfo::policy
