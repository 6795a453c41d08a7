#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/agent/action_grid.hpp"
#include "policy/agent/observation.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// One model on one board, ready for worlds: physics, levels, features. Immutable once made.
struct training_scenario {
  std::string board;
  std::string network;
  double max_power_watts = 0.0;  ///< MaxPower of DVFO Eq. 4
  const task_physics* physics = nullptr;
  const action_grid* grid = nullptr;
  const observer* sees = nullptr;
  std::uint16_t mask = 0;  ///< place of its levels among scenario_set::masks()
};

/// A model that tasks can be made of.
struct named_model {
  std::string name;  ///< architecture at its published size, or the model bundle's name
  std::function<task_model(double element_bytes)> make;  ///< bytes of a value on the board's own engine
};

/// Networks at their published size (network_task.hpp).
std::vector<named_model> published_models(const std::vector<std::string>& networks);

/// Every board with every model. Owns what its scenarios point to; they live as long as it does, wherever it moves.
class scenario_set {
 public:
  /// Boards by their names as simulated boards. Throws std::invalid_argument for none, and what physics and
  /// architectures throw for names they do not know.
  scenario_set(const std::vector<std::string>& boards, const std::vector<named_model>& models, const levels& sizes);

  [[nodiscard]] const std::vector<training_scenario>& all() const { return all_; }
  [[nodiscard]] std::vector<level_mask> masks() const;

 private:
  std::vector<std::unique_ptr<device::simulated::physics>> boards_;
  std::vector<std::unique_ptr<task_physics>> physics_;
  std::vector<std::unique_ptr<action_grid>> grids_;
  std::vector<std::unique_ptr<observer>> observers_;
  std::vector<training_scenario> all_;
};

/// The boards that the shipped policy is for (the paper's three).
std::vector<std::string> paper_boards();

}  // namespace dvfo::policy
