#include "evaluation/schemes.hpp"

#include <memory>
#include <numeric>
#include <stdexcept>

#include "evaluation/complaint.hpp"
#include "evaluation/percentile.hpp"
#include "link/probing.hpp"
#include "policy/cost.hpp"
#include "policy/schemes/warm_up.hpp"

namespace dvfo::evaluation {
namespace {

/// Apart from every seed of a judged link.
constexpr std::uint64_t warm_up_seed = 0x5eed'0000'0000ULL;

/// From what the sensors say to a decision that is ready, in virtual time: the slowest that training reckons with
/// (environment_options::think_high_seconds).
constexpr double rethinking_seconds = 0.005;

/// Every task of every link.
struct totals {
  std::vector<double> tti;
  std::vector<double> eti;
  std::vector<double> cost;
  double share = 0.0;
  double waited = 0.0;
  double top1 = 0.0;
  bool has_top1 = true;
};

std::optional<double> top1_of(const schemes_case& what, const policy::outcome& task) {
  if (task.decided.sends.when == policy::moment::on_appeal) {
    return task.share > 0.0 ? what.discriminator.top1_appealed : what.discriminator.top1_accepted;
  }
  return what.physics->terms(what.physics->way_of(task.decided)).top1;
}

void add(totals& sum, const policy::outcome& task, double waited, const schemes_case& what) {
  const double joules = task.eti_estimated_joules.value_or(0.0);
  sum.tti.push_back(task.tti);
  sum.eti.push_back(joules);
  sum.cost.push_back(policy::task_cost(what.eta, joules, task.tti, what.max_power_watts));
  sum.share += task.share;
  sum.waited += waited;
  const auto top1 = top1_of(what, task);
  sum.has_top1 = sum.has_top1 && top1;
  sum.top1 += top1.value_or(0.0);
}

/// A scheme in one world after another.
class runner {
 public:
  runner(const schemes_case& what, const policy::scheme_entry& entry) : what_(&what), entry_(&entry) {
    scheme_ = entry.make({.physics = what.physics,
                          .max_power_watts = what.max_power_watts,
                          .world = [this]() -> const policy::world& { return *here_; },
                          .discriminator = what.discriminator,
                          .trained = what.trained,
                          .trained_blocking = what.trained_blocking,
                          .seed = what.seed,
                          .complain = complain_on_stderr});
  }

  totals run() {
    policy::warm_up(*scheme_, [this] {
      totals forgotten;
      pass(what_->warm_up, warm_up_seed + what_->seed, forgotten);
    });
    totals sum;
    pass(what_->tasks, what_->seed, sum);
    return sum;
  }

 private:
  /// A scheme decides at the task's start; one that thinks ahead, by what was sensed while the task before was on its
  /// way, unless nothing happened afterwards for long enough to think again (actors/policy_holder.hpp).
  void pass(std::size_t all_tasks, std::uint64_t seed, totals& sum) {
    const auto& links = what_->links;
    for (std::size_t i = 0; i < links.size(); ++i) {
      here_ = std::make_unique<policy::world>(
          *what_->physics, links[i],
          policy::world_options{.rtt_seconds = what_->rtt_seconds,
                                .eta = what_->eta,
                                .when = what_->when,
                                .seed = seed + i,
                                .probe_seconds = link::probing::first_silence.count(),
                                .governs_by_load = entry_->leaves == policy::left_clocks::governed});
      const std::size_t tasks = all_tasks / links.size() + (i < all_tasks % links.size() ? 1 : 0);
      std::optional<policy::situation> ahead;
      for (std::size_t task = 0; task < tasks; ++task) {
        const double free = here_->now();
        here_->next_arrival();
        const double start = here_->now();
        if (start - free > rethinking_seconds) ahead.reset();
        if (entry_->decides == policy::decision_time::blocking && what_->thinking_seconds > 0.0) {
          here_->hold(what_->thinking_seconds);
        }
        const auto decided = scheme_->decide(ahead ? *ahead : here_->sense());
        policy::situation on_the_way;
        const auto result = here_->run(decided, &on_the_way);
        if (entry_->decides == policy::decision_time::ahead) ahead = std::move(on_the_way);
        scheme_->observe(result);
        add(sum, result, result.tti - (here_->now() - start), *what_);
      }
    }
  }

  const schemes_case* what_;
  const policy::scheme_entry* entry_;
  std::unique_ptr<policy::world> here_;
  std::unique_ptr<policy::scheme> scheme_;
};

spread spread_of(const std::vector<double>& values) {
  return {std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()),
          percentile(values, 0.5), evaluation::percentile(values, 0.99)};
}

scheme_row to_row(const std::string& name, const totals& sum) {
  const auto count = static_cast<double>(sum.tti.size());
  scheme_row row;
  row.scheme = name;
  row.tti = spread_of(sum.tti);
  row.eti = spread_of(sum.eti);
  row.cost = spread_of(sum.cost);
  if (sum.has_top1) row.accuracy = sum.top1 / count;
  row.share_mean = sum.share / count;
  row.waited_mean = sum.waited / count;
  return row;
}

}  // namespace

std::vector<scheme_row> evaluate_schemes(const schemes_case& what, const std::vector<std::string>& names) {
  if (what.links.empty() || what.tasks < what.links.size()) {
    throw std::invalid_argument("there are " + std::to_string(what.tasks) + " tasks for " +
                                std::to_string(what.links.size()) +
                                " links; expected at least one link, and one task each");
  }
  const auto& board = what.physics->board().parameters().board;
  const auto run = [&](const policy::scheme_entry& entry) { return to_row(entry.name, runner(what, entry).run()); };
  const auto entries = policy::find_schemes(board, names, what.trained != nullptr, what.trained_blocking != nullptr);
  const auto oracle = run(policy::find_schemes(board, {"oracle"}).front());
  std::vector<scheme_row> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries) {
    rows.push_back(entry.name == oracle.scheme ? oracle : run(entry));
    rows.back().regret = rows.back().cost.mean / oracle.cost.mean - 1.0;
  }
  return rows;
}

reduction reduction_of(const scheme_row& row, const scheme_row& other) {
  return {1.0 - row.tti.mean / other.tti.mean, 1.0 - row.eti.mean / other.eti.mean,
          1.0 - row.cost.mean / other.cost.mean};
}

}  // namespace dvfo::evaluation
