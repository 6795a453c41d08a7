#include "evaluation/plots/learning_plot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "evaluation/plots/svg_plot.hpp"

namespace dvfo::evaluation {

std::string curve_csv(const std::vector<policy::learning_point>& curve) {
  std::string out = "tasks,gradient_steps,exploration,td_error,mean_regret,worst_regret\n";
  for (const auto& p : curve) {
    out += fmt::format("{},{},{:.4f},{:.6f},{:.6f},{:.6f}\n", p.tasks, p.steps, p.explore, p.td_error, p.mean_regret,
                       p.worst_regret);
  }
  return out;
}

std::string curve_svg(const std::vector<policy::learning_point>& curve, const std::string& title) {
  if (curve.empty()) return {};
  constexpr double least_percent = 0.1;  // a logarithmic axis has no 0
  plot out;
  out.title = title;
  out.x.label = "tasks in all worlds, millions";
  out.y = {.label = "regret, %", .scale = axis_scale::logarithmic};
  const auto add = [&](const char* name, double policy::learning_point::*which) {
    plot_series series = {.name = name, .markers = false};
    for (const auto& p : curve) {
      series.points.push_back({static_cast<double>(p.tasks) / 1e6, std::max(least_percent, 1e2 * (p.*which))});
    }
    out.series.push_back(std::move(series));
  };
  add("worst cell", &policy::learning_point::worst_regret);
  add("mean", &policy::learning_point::mean_regret);
  return svg_of(out);
}

}  // namespace dvfo::evaluation
