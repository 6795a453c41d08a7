#include "policy/training/policy_trainer.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "files/output.hpp"
#include "files/place.hpp"
#include "files/reading.hpp"
#include "inference/architectures/architecture.hpp"
#include "policy/agent/q_inference.hpp"

namespace dvfo::policy {
namespace {

levels sizes_of(const trainer_options& options) {
  return {options.clock_levels, options.clock_levels, options.clock_levels, options.share_levels};
}

regret_axes practice_axes() {
  return {.eta = {0.0, 0.12, 0.37, 0.62, 0.87, 1.0},
          .bandwidth_bps = {0.7e6, 1.4e6, 3e6, 7e6, 14e6, 30e6, 70e6},
          .rtt_seconds = {0.003, 0.010, 0.040}};
}

std::filesystem::path curve_of(const std::filesystem::path& checkpoint) { return files::beside(checkpoint, ".curve"); }

std::istream& operator>>(std::istream& in, learning_point& point) {
  return in >> point.tasks >> point.steps >> point.explore >> point.td_error >> point.mean_regret >> point.worst_regret;
}

constexpr files::kind curve_file{"the curve of a checkpoint", [](std::string_view head) {
                                   std::istringstream line{std::string(head.substr(0, head.find('\n')))};
                                   learning_point point;
                                   return static_cast<bool>(line >> point);
                                 }};

void save_curve(const std::filesystem::path& checkpoint, const std::vector<learning_point>& curve) {
  std::ostringstream out;
  for (const auto& p : curve) {
    out << p.tasks << ' ' << p.steps << ' ' << p.explore << ' ' << p.td_error << ' ' << p.mean_regret << ' '
        << p.worst_regret << '\n';
  }
  files::write_whole(curve_of(checkpoint), out.str(), curve_file);
}

}  // namespace

policy_trainer::policy_trainer(const trainer_options& options)
    : options_(options),
      scenarios_(options.boards,
                 options.models.empty() ? published_models(inference::architecture_names()) : options.models,
                 sizes_of(options)) {
  if (!(options_.tasks_a_step > 0.0) || options_.tasks < 1 || options_.judge_every < 1) {
    throw std::invalid_argument("training needs at least one task, and more than 0 tasks a gradient step");
  }
  agent_ = std::make_unique<learner>(options_.learner, action_space(sizes_of(options_), options_.learner.form),
                                     observer::size(), scenarios_.masks());
  grid_ = std::make_unique<regret_grid>(scenarios_.all(), regret_axes{});
  if (options_.hard_share > 0.0) practice_ = std::make_unique<regret_grid>(scenarios_.all(), practice_axes());
}

policy_trainer::~policy_trainer() = default;

regret_report policy_trainer::judge() const { return judge(*grid_); }

std::optional<regret_report> policy_trainer::judge_between() const {
  return practice_ ? std::optional(judge(*practice_)) : std::nullopt;
}

/// What regret is left beyond what is good enough, between the points that count.
void policy_trainer::focus() {
  constexpr double good_enough = 0.01;
  if (!practice_) return;
  std::vector<hard_case> cases;
  for (const auto& cell : judge(*practice_).cells) {
    if (!(cell.regret() > good_enough)) continue;
    cases.push_back({.where = {.scenario = static_cast<std::size_t>(cell.scenario - scenarios_.all().data()),
                               .eta = cell.eta,
                               .bandwidth_bps = cell.bandwidth_bps,
                               .rtt_seconds = cell.rtt_seconds},
                     .weight = cell.regret() - good_enough});
  }
  environment_->focus(std::move(cases), options_.hard_share);
}

regret_report policy_trainer::judge(const regret_grid& over) const {
  q_inference network(agent_->folded(), agent_->actions());
  std::vector<float> seen(static_cast<std::size_t>(observer::size()));
  const bool is_blocking = options_.environment.how == thinking::blocking;
  // Both kinds of policy decide in the concurrent world, so that their regrets can be compared.
  return over.judge([&](const training_scenario& which, const situation& now) {
    auto known = now;
    if (is_blocking) {
      known.previous = {};
      known.in_force = {};
    }
    which.sees->write(known, seen);
    return which.grid->to_decision(network.best(seen, which.grid->mask()));
  });
}

void policy_trainer::restore(const std::filesystem::path& checkpoint, std::vector<learning_point>& curve) {
  agent_->restore(checkpoint);
  std::istringstream in(files::read_text(curve_of(checkpoint)));
  // Written before its checkpoint: after a kill between the two it is a point ahead.
  for (learning_point point; in >> point && point.steps <= agent_->steps();) curve.push_back(point);
  tasks_ = curve.empty() ? 0 : curve.back().tasks;
}

/// Features in all sorts of worlds, to know their sizes.
void policy_trainer::standardise() {
  constexpr int rounds = 200;
  training_environment worlds(scenarios_.all(), options_.environment, options_.learner.seed);
  std::vector<levels> actions(static_cast<std::size_t>(worlds.worlds()));
  std::vector<float> states;
  for (int round = 0; round < rounds; ++round) {
    agent_->act(worlds.states(), worlds.masks(), 1.0, actions);
    worlds.step(actions);
    states.insert(states.end(), worlds.states().begin(), worlds.states().end());
  }
  agent_->standardise(states);
}

std::vector<learning_point> policy_trainer::run(const progress& report,
                                                const std::optional<std::filesystem::path>& checkpoint) {
  std::vector<learning_point> curve;
  if (checkpoint && files::stands(*checkpoint)) restore(*checkpoint, curve);
  // The worlds after a restart are others than before it, but the same after every restart at this place.
  environment_ = std::make_unique<training_environment>(
      scenarios_.all(), options_.environment,
      options_.learner.seed * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(tasks_));
  const std::int64_t begun = tasks_;
  if (agent_->steps() == 0) {
    standardise();
  } else {
    focus();
  }
  std::vector<levels> actions(static_cast<std::size_t>(environment_->worlds()));
  double owed_steps = 0.0;
  double td_error = 0.0;
  std::int64_t td_count = 0;
  while (tasks_ < options_.tasks) {
    const double share = static_cast<double>(tasks_) / static_cast<double>(options_.tasks);
    agent_->act(environment_->states(), environment_->masks(), agent_->explore_at(share), actions);
    for (const auto& each : environment_->step(actions)) agent_->remember(each);
    tasks_ += environment_->worlds();
    if (tasks_ - begun < options_.first_tasks) continue;
    owed_steps += environment_->worlds() / options_.tasks_a_step;
    for (; owed_steps >= 1.0; owed_steps -= 1.0) {
      td_error += agent_->step(share).mean_td_error;
      ++td_count;
      if (agent_->steps() % 500 == 0 && report) report(share, nullptr);
      if (agent_->steps() % options_.judge_every != 0) continue;
      const auto found = judge();
      focus();
      curve.push_back({.tasks = tasks_,
                       .steps = agent_->steps(),
                       .explore = agent_->explore_at(share),
                       .td_error = td_error / static_cast<double>(td_count),
                       .mean_regret = found.mean,
                       .worst_regret = found.worst});
      td_error = 0.0;
      td_count = 0;
      if (report) report(share, &curve.back());
      if (checkpoint) {
        save_curve(*checkpoint, curve);
        agent_->save(*checkpoint);
      }
      if (found.mean < options_.stop_mean_regret && found.worst < options_.stop_worst_regret) return curve;
    }
  }
  return curve;
}

void remove_checkpoint(const std::filesystem::path& checkpoint) {
  learner::remove_checkpoint(checkpoint);
  files::remove_own(curve_of(checkpoint), curve_file);
}

}  // namespace dvfo::policy
