#include "policy/schemes/exhaustive_search.hpp"

#include <algorithm>
#include <cmath>

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

/// Any two temperatures determine the line.
constexpr double cool = 40.0;
constexpr double warm = 70.0;

double heat(const sim::physics& board, double celsius) {
  return std::exp(board.parameters().gpu.leakage_per_kelvin * celsius);
}

}  // namespace

double queue_behind::waiting_seconds(double free_seconds) const {
  if (arrivals == nullptr) return 0.0;
  double total = 0.0;
  for (const double arrival : *arrivals) {
    const double waits = free_seconds - arrival;
    if (!(waits > 0.0)) break;  // the board is idle when this one comes: nobody behind it notices anything
    total += waits;
    free_seconds += service_seconds;
  }
  return total;
}

exhaustive_search::exhaustive_search(const task_physics& physics, over what) : physics_(&physics) {
  const auto& board = physics.board();
  for (std::size_t way = 0; way < physics.way_count(); ++way) {
    // A way that sends the input and none of it is the features' share 0 by another name.
    const bool sends_input = physics.sends(way) != sending::features && physics.terms(way).share > 0.0;
    if (physics.sends(way) == sending::features || (what == over::everything && sends_input)) ways_.push_back(way);
  }
  const double cool_heat = heat(board, cool);
  const double span = heat(board, warm) - cool_heat;
  const auto line = [&](double at_cool, double at_warm) {
    const double b = span > 0.0 ? (at_warm - at_cool) / span : 0.0;
    return heated{at_cool - b * cool_heat, b};
  };
  for (const double cpu_hz : board.points(device::knob::cpu)) {
    for (const double gpu_hz : board.points(device::knob::gpu)) {
      for (const double memory_hz : board.points(device::knob::memory)) {
        const sim::operating_clocks at{cpu_hz, gpu_hz, memory_hz};
        clocks_.push_back(at);
        idle_watts_.push_back(line(board.idle(at, cool).input, board.idle(at, warm).input));
        // Ways that send features begin alike, so their front is run once.
        sim::work_result front_cool;
        sim::work_result front_warm;
        for (std::size_t w = 0; w < ways_.size(); ++w) {
          const std::size_t way = ways_[w];
          if (w == 0 || physics.sends(way) != sending::features) {
            front_cool = board.run(physics.front(way), at, cool);
            front_warm = board.run(physics.front(way), at, warm);
          }
          busy_part part{.front_seconds = front_cool.seconds, .local_seconds = 0.0, .joules = {}};
          double at_cool = front_cool.joules();
          double at_warm = front_warm.joules();
          if (physics.terms(way).share < 1.0) {
            const auto local = board.run(physics.local(way), at, cool);
            part.local_seconds = local.seconds;
            at_cool += local.joules();
            at_warm += board.run(physics.local(way), at, warm).joules();
          }
          part.joules = line(at_cool, at_warm);
          work_.push_back(part);
        }
      }
    }
  }
}

best_decision exhaustive_search::best(const link_conditions& link, double eta, double max_power_watts, double celsius,
                                      const queue_behind& queue, double now) const {
  const auto& board = physics_->board();
  const double hot = heat(board, celsius);
  const double a_second = (1.0 - eta) * max_power_watts;
  best_decision best;
  best.cost = 1e300;
  for (std::size_t w = 0; w < ways_.size(); ++w) {
    const auto& terms = physics_->terms(ways_[w]);
    const bool is_remote = terms.share > 0.0;
    const double remote_seconds = is_remote ? 8.0 * (terms.wire_up_bytes + terms.wire_down_bytes) / link.bandwidth_bps +
                                                  link.rtt_seconds + terms.cloud_seconds
                                            : 0.0;
    const double radio_joules = is_remote ? board.radio_joules(terms.wire_up_bytes, link.bandwidth_bps) : 0.0;
    for (std::size_t c = 0; c < clocks_.size(); ++c) {
      const auto& work = work_[c * ways_.size() + w];
      const double waiting = std::max(0.0, remote_seconds - work.local_seconds);
      const double tti = work.front_seconds + std::max(work.local_seconds, remote_seconds);
      const double eti =
          work.joules.a + work.joules.b * hot + radio_joules + waiting * (idle_watts_[c].a + idle_watts_[c].b * hot);
      double cost = eta * eti + a_second * tti;
      if (cost >= best.cost) continue;
      cost += a_second * queue.waiting_seconds(now + tti);
      if (cost >= best.cost) continue;
      const auto& at = clocks_[c];
      best = {{{at.cpu_hz, at.gpu_hz, at.memory_hz}, terms.share, physics_->sends(ways_[w])},
              {tti, eti, work.front_seconds, work.local_seconds, remote_seconds},
              cost};
    }
  }
  return best;
}

}  // namespace dvfo::policy
