#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/backend_interfaces.hpp"
#include "actors/frequency_actuator.hpp"
#include "actors/power_sensor.hpp"
#include "device/frequency_control.hpp"
#include "device/sensors.hpp"
#include "device/simulated/simulated_board.hpp"
#include "edge_node/board_settings.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::edge_node {

/// The edge node's body: a real board or a simulated one, opened for the actors.
class edge_board {
 public:
  /// Throws device::error for a board that does not exist or a tree that cannot be used. `costs` are computed from the
  /// bundle's architecture.
  edge_board(const board_settings& how, const inference::bundle_manifest& manifest);

  [[nodiscard]] const device::board_identity& identity() const { return identity_; }
  [[nodiscard]] bool is_simulated() const { return simulated_ != nullptr; }

  /// The physics of this kind of board; null where there is none.
  [[nodiscard]] std::shared_ptr<const device::simulated::physics> model() const { return model_; }

  /// Clocks that `--clocks` means on this board; empty for "keep" and for knobs that are not there.
  [[nodiscard]] device::clocks ordered_clocks() const;

  /// For the actors; each is to be taken once. What they own outlives this object.
  [[nodiscard]] actors::clock_setter clock_setter() const;
  /// `read` is empty where the board has no sensor for its whole power.
  [[nodiscard]] actors::power_sensor_options power_options() const;
  /// Null on a real board.
  [[nodiscard]] std::shared_ptr<actors::board_pacer> pacer() const;

  /// Tells a simulated board's radio of a task's transfer; empty on a real board.
  [[nodiscard]] std::function<void(const policy::outcome&)> radio() const;

  /// Joules of a task by the board's power model; empty where the board has none. No estimate without known clocks.
  [[nodiscard]] std::function<std::optional<double>(const policy::outcome&)> estimate() const;

 private:
  std::string clock_word_;
  std::shared_ptr<device::simulated::simulated_board> simulated_;
  device::board_identity identity_;
  std::shared_ptr<const device::simulated::physics> model_;
  std::shared_ptr<device::frequency_control> control_;
  std::shared_ptr<device::sensor_set> sensors_;
  inference::model_costs costs_;
};

/// The board that the settings ask for; null for "none" and, with a warning in the log, for "auto" where none is found.
std::unique_ptr<edge_board> open_board(const board_settings& how, const inference::bundle_manifest& manifest);

}  // namespace dvfo::edge_node
