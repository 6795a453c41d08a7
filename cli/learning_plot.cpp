#include "cli/learning_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace dvfo::cli {
namespace {

constexpr double width = 720.0, height = 400.0;  // of the picture
constexpr double left = 70.0, right = 20.0, top = 40.0, bottom = 50.0;
constexpr double lowest = 1e-3, highest = 1.0;  // regret: a tenth of a percent to double the oracle's cost

double vertical(double regret) {
  const double share = std::log(std::clamp(regret, lowest, highest) / lowest) / std::log(highest / lowest);
  return height - bottom - share * (height - top - bottom);
}

std::string text(double x, double y, const char* anchor, const std::string& what) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, what);
}

}  // namespace

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
  const auto most = static_cast<double>(curve.back().tasks);
  const auto across = [&](double tasks) { return left + tasks / most * (width - left - right); };
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
      width, height);
  out += text(left, 24.0, "start", title);
  for (const double regret : {0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0}) {
    const double y = vertical(regret);
    out += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"#ddd\"/>\n", left, y, width - right);
    out += text(left - 8.0, y + 4.0, "end", fmt::format("{:g} %", 1e2 * regret));
  }
  for (int part = 0; part <= 4; ++part) {
    const double tasks = most * part / 4.0;
    out += text(across(tasks), height - bottom + 20.0, "middle", fmt::format("{:.2g} M", tasks / 1e6));
  }
  out += text(width / 2.0, height - 8.0, "middle", "tasks in all worlds");
  const auto line = [&](double policy::learning_point::*which, const char* colour, const char* name, double label) {
    std::string path;
    for (const auto& p : curve) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", across(static_cast<double>(p.tasks)),
                          vertical(p.*which));
    }
    out += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, colour);
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f}h24\" stroke=\"{2}\" stroke-width=\"2\"/>\n", width - 190.0, label,
                       colour);
    out += text(width - 158.0, label + 4.0, "start", name);
  };
  line(&policy::learning_point::worst_regret, "#c44e52", "worst cell's regret", 20.0);
  line(&policy::learning_point::mean_regret, "#4c72b0", "mean regret", 36.0);
  return out + "</svg>\n";
}

}  // namespace dvfo::cli
