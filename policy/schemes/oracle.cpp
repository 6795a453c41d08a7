#include "policy/schemes/oracle.hpp"

#include <utility>

#include "policy/agent/observation.hpp"
#include "policy/schemes/exhaustive_search.hpp"

namespace dvfo::policy {

best_decision search(const task_physics& physics, const link_conditions& link, double eta, double max_power_watts,
                     double celsius) {
  const auto& board = physics.board();
  best_decision best;
  bool is_first = true;
  for (const double cpu_hz : board.points(device::knob::cpu)) {
    for (const double gpu_hz : board.points(device::knob::gpu)) {
      for (const double memory_hz : board.points(device::knob::memory)) {
        for (std::size_t way = 0; way < physics.model().ways.size(); ++way) {
          const auto expected = physics.predict({cpu_hz, gpu_hz, memory_hz}, celsius, way, link);
          const double cost = eta * expected.eti_joules + (1.0 - eta) * max_power_watts * expected.tti_seconds;
          if (!is_first && cost >= best.cost) continue;
          is_first = false;
          best = {{{cpu_hz, gpu_hz, memory_hz}, physics.model().ways[way].share}, expected, cost};
        }
      }
    }
  }
  return best;
}

oracle_scheme::oracle_scheme(const task_physics& physics, double max_power_watts,
                             std::function<const world&()> world_of, bool also_input)
    : physics_(&physics),
      max_power_watts_(max_power_watts),
      world_of_(std::move(world_of)),
      search_(std::make_unique<exhaustive_search>(
          physics, also_input ? exhaustive_search::over::everything : exhaustive_search::over::features)) {}

oracle_scheme::~oracle_scheme() = default;

decision oracle_scheme::decide(const situation& now) {
  const world& here = world_of_();
  const queue_behind queue{here.later_arrivals(), service_seconds_};
  const auto settled =
      search_->best(here.truth(), now.eta, max_power_watts_, here.board().celsius(), queue, here.now());
  service_seconds_ = settled.expected.tti_seconds;
  decision best = settled.chosen;
  double least = 1e300;
  for (std::size_t way = 0; way < physics_->way_count(); ++way) {
    const bool sends_nothing = physics_->terms(way).share <= 0.0;
    if (physics_->sends(way) != settled.chosen.sends || (sends_nothing && way > 0)) continue;
    decision tried = settled.chosen;
    tried.share = physics_->terms(way).share;
    world copy = here;
    const auto result = copy.run(tried);
    const double cost = now.eta * result.eti_estimated_joules.value_or(0.0) +
                        (1.0 - now.eta) * max_power_watts_ * (result.tti + queue.waiting_seconds(copy.now()));
    if (cost >= least) continue;
    least = cost;
    best = tried;
  }
  return best;
}

void oracle_scheme::observe(const outcome&) {
  // nop: it knows everything already
}

certainty_equivalent_scheme::certainty_equivalent_scheme(const task_physics& physics, double max_power_watts)
    : max_power_watts_(max_power_watts), search_(std::make_unique<exhaustive_search>(physics)) {}

certainty_equivalent_scheme::~certainty_equivalent_scheme() = default;

decision certainty_equivalent_scheme::decide(const situation& now) {
  const link_conditions link = {.bandwidth_bps = now.bandwidth_bps.value_or(unknown_link.bandwidth_bps),
                                .rtt_seconds = now.rtt_seconds.value_or(unknown_link.rtt_seconds)};
  return search_->best(link, now.eta, max_power_watts_, now.celsius.value_or(usual_celsius)).chosen;
}

void certainty_equivalent_scheme::observe(const outcome&) {
  // nop: what it knows of the link is the sensor's
}

}  // namespace dvfo::policy
