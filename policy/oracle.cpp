#include "policy/oracle.hpp"

#include <utility>

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

oracle_scheme::oracle_scheme(const task_physics& physics, double max_power_watts, std::function<world_now()> truth)
    : physics_(&physics), max_power_watts_(max_power_watts), truth_(std::move(truth)) {}

decision oracle_scheme::decide(const situation& now) {
  const auto truth = truth_();
  return search(*physics_, truth.link, now.eta, max_power_watts_, truth.celsius).chosen;
}

void oracle_scheme::observe(const outcome&) {
  // nop: it knows everything already
}

}  // namespace dvfo::policy
