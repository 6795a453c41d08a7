#include "policy/task_cost/task_physics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace dvfo::policy {

namespace sim = device::simulated;

task_physics::task_physics(const sim::physics& board, task_model model) : board_(&board), model_(std::move(model)) {
  if (model_.ways.size() < 2 || model_.ways.front().share != 0.0 || model_.ways.back().share != 1.0) {
    throw std::invalid_argument("task model " + model_.name + " has " + std::to_string(model_.ways.size()) +
                                " shares, expected at least two, from 0 to 1");
  }
  auto front = model_.front;
  front.cpu_cycles += model_.host_cycles;
  const auto add = [&](const device::workload& first, const share_terms& terms) {
    terms_.push_back(terms);
    front_.push_back(board.cost_of(first));
    local_.push_back(board.cost_of(terms.local));
  };
  for (const auto& way : model_.ways) add(front, way);
  for (const auto& way : model_.input_ways) add(way.front, way.terms);
}

sending task_physics::sends(std::size_t way) const {
  const std::size_t with_features = model_.ways.size();
  return way < with_features ? sending::features : model_.input_ways[way - with_features].sends;
}

std::size_t task_physics::way_of(double share) const { return way_of(decision{{}, share}); }

std::size_t task_physics::way_of(const decision& decided) const {
  std::size_t found = way_count();
  for (std::size_t way = 0; way < way_count(); ++way) {
    if (sends(way) != decided.sends) continue;
    const auto off = [&](std::size_t which) { return std::abs(terms(which).share - decided.share); };
    if (found == way_count() || off(way) < off(found)) found = way;
  }
  if (found == way_count()) {
    throw std::invalid_argument("task model " + model_.name + " has no way to send \"" + to_string(decided.sends) +
                                "\", which the decision asks for");
  }
  return found;
}

prediction task_physics::predict(const sim::operating_clocks& at, double celsius, std::size_t way,
                                 const link_conditions& link) const noexcept {
  const auto& terms = terms_[way];
  prediction out;
  const auto front = board_->run(front_[way], at, celsius);
  out.front_seconds = front.seconds;
  out.eti_joules = front.joules();
  if (terms.share < 1.0) {
    const auto local = board_->run(local_[way], at, celsius);
    out.local_seconds = local.seconds;
    out.eti_joules += local.joules();
  }
  if (terms.share > 0.0) {
    const double bytes = terms.wire_up_bytes + terms.wire_down_bytes;
    out.remote_seconds = 8.0 * bytes / link.bandwidth_bps + link.rtt_seconds + terms.cloud_seconds;
    out.eti_joules += board_->radio_joules(terms.wire_up_bytes, link.bandwidth_bps);
    const double waiting = std::max(0.0, out.remote_seconds - out.local_seconds);
    out.eti_joules += waiting * board_->idle(at, celsius).input;
  }
  out.tti_seconds = out.front_seconds + std::max(out.local_seconds, out.remote_seconds);
  return out;
}

}  // namespace dvfo::policy
