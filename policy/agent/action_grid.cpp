#include "policy/agent/action_grid.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {
namespace {

/// Rank of a value among ascending points, 0 to 1, a fraction between two.
float rank_of(const std::vector<double>& points, double value) {
  if (points.size() < 2 || value <= points.front()) return 0.0F;
  if (value >= points.back()) return 1.0F;
  const auto above = std::upper_bound(points.begin(), points.end(), value);
  const double below = *(above - 1);
  const double rank = static_cast<double>(above - points.begin() - 1) + (value - below) / (*above - below);
  return static_cast<float>(rank / static_cast<double>(points.size() - 1));
}

}  // namespace

action_grid::action_grid(const device::simulated::physics& board, const task_model& model, const levels& sizes)
    : sizes_(sizes) {
  for (const auto which : device::all_knobs) points_[static_cast<std::size_t>(which)] = board.points(which);
  for (const auto& way : model.ways) points_[share_knob].push_back(way.share);
  for (std::size_t knob = 0; knob < knob_count; ++knob) {
    if (sizes[knob] < 2) {
      throw std::invalid_argument("a knob of the action grid has " + std::to_string(sizes[knob]) +
                                  " levels, expected at least 2");
    }
    const auto last_level = static_cast<double>(sizes[knob] - 1);
    const auto& points = points_[knob];
    const auto last_point = static_cast<double>(points.size() - 1);
    values_[knob].assign(static_cast<std::size_t>(sizes[knob]), 0.0);
    mask_[knob].assign(static_cast<std::size_t>(sizes[knob]), 0);
    // From the side that has fewer, so that no point is there twice and no level is without one in vain.
    if (last_point <= last_level) {
      for (std::size_t point = 0; point < points.size(); ++point) {
        const double place = last_point == 0.0 ? 0.0 : static_cast<double>(point) / last_point * last_level;
        const auto level = static_cast<std::size_t>(std::lround(place));
        values_[knob][level] = points[point];
        mask_[knob][level] = 1;
      }
    } else {
      for (std::size_t level = 0; level < values_[knob].size(); ++level) {
        const auto point = static_cast<std::size_t>(std::lround(static_cast<double>(level) / last_level * last_point));
        values_[knob][level] = points[point];
        mask_[knob][level] = 1;
      }
    }
  }
}

decision action_grid::to_decision(const levels& which) const {
  const auto value = [&](std::size_t knob) { return values_[knob][static_cast<std::size_t>(which[knob])]; };
  return {.clocks = {value(0), value(1), value(2)}, .share = value(share_knob)};
}

std::array<float, knob_count> action_grid::to_ranks(const device::clocks& clocks, double share) const {
  std::array<float, knob_count> out{};
  for (const auto which : device::all_knobs) {
    const auto knob = static_cast<std::size_t>(which);
    out[knob] = clocks[which] ? rank_of(points_[knob], *clocks[which]) : 1.0F;
  }
  out[share_knob] = static_cast<float>(share);
  return out;
}

}  // namespace dvfo::policy
