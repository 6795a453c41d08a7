#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <random>

#include "device/simulated/board_state.hpp"
#include "link/estimator.hpp"
#include "link/trace.hpp"
#include "policy/environment/load_governor.hpp"
#include "policy/outcome.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// When tasks come.
struct arrivals {
  enum class kind : std::uint8_t { steady, poisson, bursts, on_demand };
  kind how = kind::steady;
  double mean_seconds = 0.1;  ///< between tasks, > 0; on demand: from one answer to the next task, ≥ 0
  int burst_size = 8;         ///< tasks that come at once, for bursts
};

struct world_options {
  double rtt_seconds = 0.004;
  double eta = 0.5;
  arrivals when;
  std::uint64_t seed = 1;  ///< of the arrivals
  /// Silence after which the link is probed, as the live bandwidth sensor does, and again after as much; 0: what is
  /// known of the link is what transfers have shown.
  double probe_seconds = 0.0;
  /// What is known of the link is its last transfer or probe, not what the live sensor makes of several.
  bool shows_last_transfer = false;
  /// A source that does not wait, such as a camera: what comes while another task runs is never a task.
  bool drops_late = false;
  /// Knobs that the newest decision leaves alone follow load_governor; else they stand.
  bool governs_by_load = false;
};

/// An edge board, its link and the stream of its tasks in virtual time: what the live system does with the wall clock,
/// on the same physics. One task runs at a time, in order of arrival; the others wait. Not thread-safe; `physics` and
/// `link` must outlive it. A copy goes on by itself: so one finds out what a decision would come to.
class world {
 public:
  world(const task_physics& physics, const link::trace& link, const world_options& options);

  /// What a scheme may know now: the link as the live sensor would estimate it from transfers and probes, not the true
  /// one.
  [[nodiscard]] situation sense() const;

  /// The true link now, for the oracle alone.
  [[nodiscard]] link_conditions truth() const;

  /// When the tasks behind the one to run next arrive, ascending, as far as they are known: `horizon` of them. nullptr
  /// where none waits: on demand, and where late ones are dropped. For the oracle alone.
  [[nodiscard]] const std::deque<double>* later_arrivals() const;
  static constexpr std::size_t horizon = 64;

  /// Goes to the arrival of the next task, or stays if it is here already and the source waits.
  void next_arrival();

  /// Lets `seconds` pass before the task that has arrived begins: a decision is not ready, and the task's time and
  /// energy count from now.
  void hold(double seconds);

  /// Runs the task that has arrived. Its time counts from its arrival. `on_the_way` receives what can be sensed when
  /// extraction is over and everything is under way: the moment at which a concurrent scheme thinks ahead.
  outcome run(const decision& decided, situation* on_the_way = nullptr);

  [[nodiscard]] double now() const { return board_.now(); }
  [[nodiscard]] const device::simulated::board_state& board() const { return board_; }

 private:
  void order(const device::clocks& clocks);
  void govern(const device::clocks& clocks);
  void advance(double now);
  double finish(const device::simulated::work_cost& work);
  double drawn_after(double arrival);
  void fetch_arrival();
  void probe_until(double now);
  void probe(double at);
  void learn_round_trip(double at);

  const task_physics* physics_;
  const link::trace* link_;
  world_options options_;
  device::simulated::board_state board_;
  std::mt19937_64 random_;
  std::optional<load_governor> governor_;
  device::clocks ordered_;  // knobs that the newest decision orders are none of the governor's business
  const device::simulated::work_cost* work_ = nullptr;
  double arrival_ = 0.0;  // of the task that runs next
  std::deque<double> later_;
  int left_in_burst_ = 0;
  std::uint64_t tasks_ = 0;
  decision previous_;
  link::estimator estimate_;
  double next_probe_;          // unless a transfer comes before
  double held_seconds_ = 0.0;  // before the task that runs next
  double held_joules_ = 0.0;
};

}  // namespace dvfo::policy
