#include "evaluation/schemes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "policy/cost.hpp"
#include "policy/oracle.hpp"
#include "policy/percentile.hpp"
#include "policy/scheme.hpp"

namespace dvfo::evaluation {
namespace {

using scheme_maker = std::function<std::unique_ptr<policy::scheme>(const schemes_case&, const policy::world&)>;

scheme_maker at_share(double share) {
  return [share](const schemes_case&, const policy::world&) { return std::make_unique<policy::fixed_scheme>(share); };
}

/// Clocks are the governors' own business unless a scheme orders them: they hold the highest under load.
const std::map<std::string, scheme_maker>& makers() {
  static const std::map<std::string, scheme_maker> all = {
      {"edge-only", at_share(0.0)},
      {"cloud-only", at_share(1.0)},
      {"fixed", at_share(0.5)},
      {"oracle",
       [](const schemes_case& what, const policy::world& here) {
         return std::make_unique<policy::oracle_scheme>(*what.physics, what.max_power_watts, [&here] {
           return policy::oracle_scheme::world_now{.link = here.truth(), .celsius = here.board().celsius()};
         });
       }},
  };
  return all;
}

/// Every task of every link.
struct totals {
  std::vector<double> tti;
  double eti = 0.0;
  double cost = 0.0;
  double share = 0.0;
  double top1 = 0.0;
  bool has_top1 = true;
};

void add(totals& sum, const policy::outcome& task, const schemes_case& what) {
  const double joules = task.eti_estimated_joules.value_or(0.0);
  sum.tti.push_back(task.tti);
  sum.eti += joules;
  sum.cost += policy::task_cost(what.eta, joules, task.tti, what.max_power_watts);
  sum.share += task.share;
  const auto& top1 = what.physics->model().ways[what.physics->way_of(task.share)].top1;
  sum.has_top1 = sum.has_top1 && top1;
  sum.top1 += top1.value_or(0.0);
}

/// Every scheme decides at the task's start.
totals run(const schemes_case& what, const scheme_maker& make) {
  totals sum;
  for (std::size_t i = 0; i < what.links.size(); ++i) {
    policy::world here(*what.physics, what.links[i],
                       {.rtt_seconds = what.rtt_seconds, .eta = what.eta, .when = what.when, .seed = what.seed + i});
    const auto scheme = make(what, here);
    const std::size_t tasks = what.tasks / what.links.size() + (i < what.tasks % what.links.size() ? 1 : 0);
    for (std::size_t task = 0; task < tasks; ++task) {
      here.next_arrival();
      const auto result = here.run(scheme->decide(here.sense()));
      scheme->observe(result);
      add(sum, result, what);
    }
  }
  return sum;
}

scheme_row to_row(const std::string& name, const totals& sum, double oracle_cost) {
  const auto count = static_cast<double>(sum.tti.size());
  scheme_row row;
  row.scheme = name;
  row.tti_mean = std::accumulate(sum.tti.begin(), sum.tti.end(), 0.0) / count;
  row.tti_p50 = policy::percentile(sum.tti, 0.5);
  row.tti_p99 = policy::percentile(sum.tti, 0.99);
  row.eti_mean = sum.eti / count;
  row.cost_mean = sum.cost / count;
  if (sum.has_top1) row.accuracy = sum.top1 / count;
  row.regret = row.cost_mean / oracle_cost - 1.0;
  row.share_mean = sum.share / count;
  return row;
}

}  // namespace

std::vector<std::string> scheme_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : makers()) names.push_back(name);
  return names;
}

std::vector<scheme_row> evaluate_schemes(const schemes_case& what, const std::vector<std::string>& names) {
  if (what.links.empty() || what.tasks < what.links.size()) {
    throw std::invalid_argument("there are " + std::to_string(what.tasks) + " tasks for " +
                                std::to_string(what.links.size()) +
                                " links; expected at least one link, and one task each");
  }
  for (const auto& name : names) {
    if (makers().contains(name)) continue;
    throw std::invalid_argument(
        fmt::format("no scheme is called \"{}\"; there are {}", name, fmt::join(scheme_names(), ", ")));
  }
  const auto oracle = run(what, makers().at("oracle"));
  const double oracle_cost = oracle.cost / static_cast<double>(oracle.tti.size());
  std::vector<scheme_row> rows;
  rows.reserve(names.size());
  for (const auto& name : names) {
    rows.push_back(to_row(name, name == "oracle" ? oracle : run(what, makers().at(name)), oracle_cost));
  }
  return rows;
}

}  // namespace dvfo::evaluation
