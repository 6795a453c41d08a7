#include "policy/environment/task_physics.hpp"

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
  front_ = board.cost_of(model_.front);
  front_.cpu_cycles += model_.host_cycles;
  local_.reserve(model_.ways.size());
  for (const auto& way : model_.ways) local_.push_back(board.cost_of(way.local));
}

std::size_t task_physics::way_of(double share) const {
  const auto& ways = model_.ways;
  const auto nearest = std::min_element(ways.begin(), ways.end(), [&](const share_terms& a, const share_terms& b) {
    return std::abs(a.share - share) < std::abs(b.share - share);
  });
  return static_cast<std::size_t>(nearest - ways.begin());
}

prediction task_physics::predict(const sim::operating_clocks& at, double celsius, std::size_t way,
                                 const link_conditions& link) const noexcept {
  const auto& terms = model_.ways[way];
  prediction out;
  const auto front = board_->run(front_, at, celsius);
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
