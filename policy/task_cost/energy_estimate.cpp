#include "policy/task_cost/energy_estimate.hpp"

#include <algorithm>

#include "policy/task_cost/descriptor.hpp"

namespace dvfo::policy {

double sending_seconds(const outcome& task) {
  if (task.wire_up_bytes == 0) return 0.0;
  const double bits = 8.0 * static_cast<double>(task.wire_up_bytes);
  return task.bandwidth_bps ? std::min(task.stages.transfer, bits / *task.bandwidth_bps) : task.stages.transfer;
}

std::optional<double> estimated_joules(const device::simulated::physics& board, const inference::model_costs& costs,
                                       const outcome& task) {
  if (!task.clocks.any()) return std::nullopt;
  const auto at = board.effective(task.clocks);
  const double celsius = board.steady_celsius(board.idle(at, board.parameters().thermal.ambient_celsius).input);
  const auto watts = [&](const inference::part_cost& part) {
    return board.run(board.cost_of(to_workload(part)), at, celsius).watts.input;
  };
  // Before an appeal the whole local DNN has run.
  const bool has_appealed = task.decided.sends.when == moment::on_appeal;
  const double width_of = has_appealed ? 0.0 : task.share;
  const double local = width_of < 1.0 ? task.stages.local : 0.0;
  const double waiting = std::max(0.0, task.tti - task.stages.extract - local);
  double joules = task.stages.extract * watts(costs.front()) + waiting * board.idle(at, celsius).input;
  if (local > 0.0) joules += local * watts(costs.local_at(width_of));
  return joules + sending_seconds(task) * board.parameters().radio.sending_watts;
}

}  // namespace dvfo::policy
