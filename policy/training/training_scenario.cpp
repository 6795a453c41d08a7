#include "policy/training/training_scenario.hpp"

#include <stdexcept>

#include "device/board_profile.hpp"
#include "device/simulated/specifications.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::policy {

namespace sim = device::simulated;

std::vector<named_model> published_models(const std::vector<std::string>& networks) {
  std::vector<named_model> out;
  out.reserve(networks.size());
  for (const auto& name : networks) {
    out.push_back({name, [name](double element_bytes) { return task_of_network(name, element_bytes); }});
  }
  return out;
}

scenario_set::scenario_set(const std::vector<std::string>& boards, const std::vector<named_model>& models,
                           const levels& sizes) {
  if (boards.empty() || models.empty()) {
    throw std::invalid_argument("training needs at least one board and one model");
  }
  for (const auto& board : boards) {
    boards_.push_back(std::make_unique<sim::physics>(sim::physics::of_board(board)));
    const double max_power = device::find_board(board).max_power_watts;
    const double element_bytes = sim::find_specification(board).element_bytes;
    for (const auto& model : models) {
      physics_.push_back(std::make_unique<task_physics>(*boards_.back(), model.make(element_bytes)));
      grids_.push_back(std::make_unique<action_grid>(*boards_.back(), physics_.back()->model(), sizes));
      observers_.push_back(std::make_unique<observer>(*physics_.back(), *grids_.back(), max_power));
      all_.push_back({.board = board,
                      .network = model.name,
                      .max_power_watts = max_power,
                      .physics = physics_.back().get(),
                      .grid = grids_.back().get(),
                      .sees = observers_.back().get(),
                      .mask = static_cast<std::uint16_t>(grids_.size() - 1)});
    }
  }
}

std::vector<level_mask> scenario_set::masks() const {
  std::vector<level_mask> out;
  out.reserve(grids_.size());
  for (const auto& grid : grids_) out.push_back(grid->mask());
  return out;
}

std::vector<std::string> paper_boards() { return {"jetson-nano", "jetson-tx2", "jetson-xavier-nx"}; }

}  // namespace dvfo::policy
