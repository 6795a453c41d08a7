#include "policy/schemes/dvfo_scheme.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace dvfo::policy {
namespace {

constexpr std::size_t most_complaints = 16;

/// Tasks that wait when most of training's worlds decide: seldom more. Shown a hundred, after a link had stalled, the
/// network ordered the lowest clocks, and the queue never ended.
constexpr double most_familiar_waiting = 0.25;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

decision edge_only_at_highest(const device::simulated::physics& board) {
  const auto at = board.highest();
  return {.clocks = {at.cpu_hz, at.gpu_hz, at.memory_hz}, .share = 0.0};
}

}  // namespace

dvfo_scheme::dvfo_scheme(const policy_bundle& bundle, const policy_place& where, complaint complain)
    : network_(bundle.network, action_space(bundle.sizes, bundle.form)),
      grid_(where.physics->board(), where.physics->model(), bundle.sizes),
      sees_(*where.physics, grid_, where.max_power_watts),
      on_the_edge_(grid_.mask()),
      fallback_(edge_only_at_highest(where.physics->board())),
      complain_(std::move(complain)),
      how_(bundle.how),
      is_trained_(is_trained_for(bundle, where.board, where.network)),
      seen_(static_cast<std::size_t>(observer::size())) {
  std::fill(on_the_edge_[share_knob].begin() + 1, on_the_edge_[share_knob].end(), 0);
  if (is_trained_) return;
  complain_once(fmt::format(
      "policy \"{}\" was not trained for {} on {}, only for {} on {}; every task runs on the edge at the highest "
      "clocks",
      bundle.name, where.network, where.board, fmt::join(bundle.networks, ", "), fmt::join(bundle.boards, ", ")));
}

void dvfo_scheme::complain_once(const std::string& what) {
  if (!complain_ || complained_.size() >= most_complaints || contains(complained_, what)) return;
  complained_.push_back(what);
  complain_(what);
}

decision dvfo_scheme::decide(const situation& now) {
  if (!is_trained_) return fallback_;
  try {
    known_ = now;  // a member, so that nothing is allocated
    if (how_ == thinking::blocking) {
      known_.previous = {};
      known_.in_force = {};
      known_.thinking_share = 0.0;
    }
    if (known_.waiting_tasks > most_familiar_waiting) known_.waiting_tasks = most_familiar_waiting;
    sees_.write(known_, seen_);
  } catch (const std::invalid_argument& problem) {
    complain_once(fmt::format("{}; the task runs on the edge at the highest clocks", problem.what()));
    return fallback_;
  }
  // A link that nobody has measured yet, or one slower than all of training's, is nothing that the network knows of.
  // What it guesses may be a transfer of minutes; the sensor's next probe is due.
  const bool is_familiar = now.link_up && now.bandwidth_bps.value_or(0.0) >= unknown_link.bandwidth_bps;
  return grid_.to_decision(network_.best(seen_, is_familiar && now.rtt_seconds ? grid_.mask() : on_the_edge_));
}

void dvfo_scheme::observe(const outcome&) {
  // nop: it learns in training; the node records outcomes for that
}

}  // namespace dvfo::policy
