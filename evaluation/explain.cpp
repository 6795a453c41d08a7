#include "evaluation/explain.hpp"

#include <stdexcept>

#include "evaluation/complaint.hpp"
#include "policy/cost.hpp"
#include "policy/schemes/warm_up.hpp"

namespace dvfo::evaluation {
namespace {

/// What every scheme has behind it when it is asked: enough for the link to be known and for governors to settle.
constexpr std::size_t settling_tasks = 50;
constexpr int drawn_decisions = 2000;

/// A world in which nothing changes and nobody waits.
class still_world {
 public:
  still_world(const explained_case& what, const policy::scheme_entry& entry)
      : what_(&what),
        link_(link::trace::constant(what.link.bandwidth_bps)),
        world_(*what.physics, link_,
               {.rtt_seconds = what.link.rtt_seconds,
                .eta = what.eta,
                .when = {.how = policy::arrivals::kind::on_demand, .mean_seconds = 0.0},
                .seed = what.seed,
                .governs_by_load = entry.leaves == policy::left_clocks::governed}),
        scheme_(entry.make({.physics = what.physics,
                            .max_power_watts = what.max_power_watts,
                            .world = [this]() -> const policy::world& { return world_; },
                            .discriminator = what.discriminator,
                            .trained = what.trained,
                            .trained_blocking = what.trained_blocking,
                            .seed = what.seed,
                            .complain = complain_on_stderr})) {}

  void settle() {
    policy::warm_up(*scheme_, world_, what_->warm_up);
    for (std::size_t i = 0; i < settling_tasks; ++i) {
      world_.next_arrival();
      scheme_->observe(world_.run(scheme_->decide(world_.sense())));
    }
  }

  /// What is sensed, with the previous clocks that the user asked for.
  [[nodiscard]] policy::decision ask() {
    world_.next_arrival();
    auto now = world_.sense();
    now.bandwidth_bps = what_->link.bandwidth_bps;
    now.rtt_seconds = what_->link.rtt_seconds;
    for (const auto which : device::all_knobs) {
      if (!what_->previous[which]) continue;
      now.previous.clocks[which] = what_->previous[which];
      now.in_force[which] = what_->previous[which];
    }
    return scheme_->decide(now);
  }

  /// The clocks that a decision comes to here.
  [[nodiscard]] device::simulated::operating_clocks clocks_of(const policy::decision& decided) const {
    auto order = decided.clocks;
    for (const auto which : device::all_knobs) {
      if (!order[which]) order[which] = world_.board().in_force()[which];
    }
    return what_->physics->board().effective(order);
  }

 private:
  const explained_case* what_;
  link::trace link_;
  policy::world world_;
  std::unique_ptr<policy::scheme> scheme_;
};

std::optional<double> top1_of(const explained_case& what, const policy::decision& decided) {
  if (decided.sends.when != policy::moment::on_appeal) return what.physics->terms(what.physics->way_of(decided)).top1;
  return decided.share > 0.0 ? what.discriminator.top1_appealed : what.discriminator.top1_accepted;
}

/// Every row at one temperature, that of a board at rest, so that rows differ by their decisions alone.
explained_row explain(const explained_case& what, const policy::scheme_entry& entry, double celsius) {
  still_world here(what, entry);
  here.settle();
  const int times = entry.repeats == policy::repetition::drawn ? drawn_decisions : 1;
  explained_row row;
  row.scheme = entry.name;
  double top1 = 0.0;
  bool has_top1 = true;
  for (int i = 0; i < times; ++i) {
    const auto decided = here.ask();
    row.sends = policy::to_string(decided.sends);
    row.at = here.clocks_of(decided);
    const auto way = what.physics->way_of(decided);
    const auto expected = what.physics->predict(row.at, celsius, way, what.link);
    row.share += what.physics->terms(way).share / times;
    row.tti_seconds += expected.tti_seconds / times;
    row.eti_joules += expected.eti_joules / times;
    const auto figure = top1_of(what, decided);
    has_top1 = has_top1 && figure;
    top1 += figure.value_or(0.0) / times;
  }
  if (has_top1) row.top1 = top1;
  row.cost = policy::task_cost(what.eta, row.eti_joules, row.tti_seconds, what.max_power_watts);
  return row;
}

}  // namespace

std::vector<explained_row> explain_schemes(const explained_case& what, const std::vector<std::string>& names) {
  if (!(what.link.bandwidth_bps > 0.0)) {
    throw std::invalid_argument("bandwidth is " + std::to_string(what.link.bandwidth_bps) + " bit/s, expected above 0");
  }
  const auto& board = what.physics->board().parameters().board;
  const auto entries = policy::find_schemes(board, names, what.trained != nullptr, what.trained_blocking != nullptr);
  const double celsius = device::simulated::board_state(what.physics->board(), 0.0).celsius();
  const auto oracle = explain(what, policy::find_schemes(board, {"oracle"}).front(), celsius);
  std::vector<explained_row> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries) {
    rows.push_back(entry.name == oracle.scheme ? oracle : explain(what, entry, celsius));
    rows.back().regret = rows.back().cost / oracle.cost - 1.0;
  }
  return rows;
}

}  // namespace dvfo::evaluation
