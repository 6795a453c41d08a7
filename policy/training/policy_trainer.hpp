#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/agent/learner.hpp"
#include "policy/training/regret.hpp"
#include "policy/training/training_environment.hpp"

namespace dvfo::policy {

/// A policy's training from nothing to the end.
struct trainer_options {
  std::vector<std::string> boards = paper_boards();
  std::vector<named_model> models;  ///< empty: every network at its published size
  int clock_levels = 10;            ///< a knob (DVFO §6.1: ten)
  int share_levels = 5;             ///< ξ = 0, ¼, … 1: the widths that the local DNN is trained for
  learner_options learner;
  environment_options environment;
  std::int64_t tasks = 3'000'000;     ///< of all worlds together
  std::int64_t first_tasks = 20'000;  ///< before the first gradient step
  double tasks_a_step = 32.0;         ///< for each gradient step
  std::int64_t judge_every = 5000;    ///< gradient steps between two measurements of regret
  double hard_share = 0.5;            ///< of episodes that begin where the last measurement found regret
  double stop_mean_regret = 0.0;      ///< ends early once the mean regret is below this,
  double stop_worst_regret = 0.0;     ///< and no cell above that; 0: never
};

/// One measurement on the way.
struct learning_point {
  std::int64_t tasks = 0;
  std::int64_t steps = 0;
  double explore = 0.0;
  double td_error = 0.0;  ///< mean |TD error| since the point before
  double mean_regret = 0.0;
  double worst_regret = 0.0;
};

/// Trains one network for all scenarios. The same options give the same policy on the same kind of processor. Not
/// thread-safe.
class policy_trainer {
 public:
  explicit policy_trainer(const trainer_options& options);
  ~policy_trainer();

  /// Called now and then with the share of the training that is over, and the newest measurement, if any.
  using progress = std::function<void(double share, const learning_point* newest)>;

  /// Trains until the tasks are over or regret is low enough. Returns the curve. With `checkpoint`, every measurement
  /// leaves one there, and a training that was killed goes on from it.
  std::vector<learning_point> run(const progress& report,
                                  const std::optional<std::filesystem::path>& checkpoint = std::nullopt);

  /// The network as it is now, over the grid, in the concurrent world whatever it was trained in.
  [[nodiscard]] regret_report judge() const;
  /// The same between that grid's points, where training looks for what is hard but never stops. Nothing without
  /// hard_share.
  [[nodiscard]] std::optional<regret_report> judge_between() const;

  [[nodiscard]] const learner& agent() const { return *agent_; }
  [[nodiscard]] const scenario_set& scenarios() const { return scenarios_; }
  [[nodiscard]] const trainer_options& options() const { return options_; }
  /// Tasks run so far, those before a checkpoint included.
  [[nodiscard]] std::int64_t tasks() const { return tasks_; }

 private:
  void standardise();
  void focus();
  [[nodiscard]] regret_report judge(const regret_grid& over) const;
  void restore(const std::filesystem::path& checkpoint, std::vector<learning_point>& curve);

  trainer_options options_;
  scenario_set scenarios_;
  std::unique_ptr<learner> agent_;
  std::unique_ptr<training_environment> environment_;
  std::unique_ptr<regret_grid> grid_;
  std::unique_ptr<regret_grid> practice_;  // finds what is hard; between the points that the policy is judged at
  std::int64_t tasks_ = 0;
};

/// Removes what run() left at `checkpoint`, if anything. Throws files::error.
void remove_checkpoint(const std::filesystem::path& checkpoint);

}  // namespace dvfo::policy
