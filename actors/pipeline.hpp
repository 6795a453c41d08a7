#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <caf/message_id.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/deadline_watch.hpp"
#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"
#include "actors/local_queue.hpp"
#include "actors/task_run.hpp"
#include "device/energy_account.hpp"

namespace dvfo::actors {

/// Who works for the pipeline. `actuator` may be null: then the frequencies of a decision are left alone. `power` may
/// be null: then no energy is measured.
struct pipeline_partners {
  policy_actor policy;
  local_inference_actor local;
  offload_actor offload;
  fusion_actor fusion;
  frequency_actuator_actor actuator = {};
  power_sensor_actor power = {};
};

struct pipeline_options {
  std::chrono::duration<double> answer_reserve = defaults::pipeline::answer_reserve;
  std::chrono::duration<double> rescue_time = defaults::pipeline::rescue_time;
  /// Joules of a task by the board's power model; empty where the board has none.
  std::function<std::optional<double>(const policy::outcome&)> estimate_joules;
  /// Each hears of every answer, on the pipeline's thread: a simulated board's radio, counters. Must neither block nor
  /// throw.
  std::vector<std::function<void(const policy::outcome&)>> observers;
  /// Whether the local answer of a task that may appeal holds, from its logits (AppealNet's discriminator). Empty: it
  /// always does.
  std::function<bool(const std::vector<float>&)> accepts;
  /// Power is held this long without a new reading of the sensor.
  std::chrono::duration<double> power_hold = defaults::power::held_intervals * defaults::power::interval;
  /// More is no measurement of the board's power.
  double highest_watts = std::numeric_limits<double>::infinity();
};

struct pipeline_state {
  static inline const char* name = "pipeline";

  /// A task under way and the promise of its answer. It is erased with the answer, so that a half that comes later
  /// finds nothing.
  struct entry {
    task_run run;
    caf::typed_response_promise<answer> promise;
    std::optional<decision_taken> taken;            ///< not yet told to the policy
    std::shared_ptr<const policy::situation> seen;  ///< its decision was made from; null: the default one
    std::optional<caf::message_id> asked;           ///< the response of offload or fusion that is awaited
  };

  /// A task whose decision is not there yet.
  struct undecided_task {
    admitted_task task;
    caf::typed_response_promise<answer> promise;
    caf::message_id asked;  ///< the policy's response
  };

  /// What the policy is shown while a task moves.
  [[nodiscard]] sensed_state sense() const;

  /// A task begins: t_AS/H is known.
  void on_begin(time_point now);

  /// When a task that asks the policy stops waiting for it.
  [[nodiscard]] static time_point decide_by(const admitted_task& task, time_point now);

  /// When the cloud's reply must be there: before the deadline by what answering takes, and at share 1 by a rescue as
  /// well.
  [[nodiscard]] time_point answer_by(const task_run& run) const;

  /// What the task cost in energy: its share of the measured power, and the model's estimate.
  void settle_energy(policy::outcome& cost, time_point now);

  /// The decision that the policy thought out ahead, if it is for these terms; it is used up.
  std::optional<prepared_decision> take_prepared(const task_terms& terms);

  /// The task of this id, if it still waits for a decision; a decision may come too late for it.
  std::optional<undecided_task> take_undecided(std::uint64_t id);

  pipeline_partners partners;
  pipeline_options options;
  rescue_estimate rescue{defaults::pipeline::rescue_time};
  rescue_estimate front{defaults::pipeline::rescue_time};  ///< extraction, where the input was sent without it
  bool is_link_up = false;
  std::optional<prepared_decision> prepared;  ///< for the next task with its terms
  device::clocks in_force;                    ///< as the actuator last answered
  bool is_applying = false;                   ///< an order is with the actuator
  std::optional<device::clocks> waiting;      ///< the newest order that came meanwhile
  std::optional<double> bandwidth_bps;        ///< as bandwidth_sensor last said
  device::energy_account energy{0.0};
  std::optional<double> celsius;            ///< as the power sensor last said
  std::optional<time_point> sensed;         ///< when the policy was last shown the state
  std::optional<time_point> began;          ///< when the newest task did
  double thinking_share = 0.0;              ///< t_AS/H between the newest two tasks
  std::optional<time_point> watched_since;  ///< when the power sensor's lease was last renewed
  std::unordered_map<std::uint64_t, entry> tasks;
  std::unordered_map<std::uint64_t, undecided_task> undecided;
  local_queue local_jobs{defaults::pipeline::local_window};
  deadline_watch deadlines;  ///< by task: of the wait for a decision, for the cloud half, or its own
};

pipeline_actor::behavior_type pipeline(pipeline_actor::stateful_pointer<pipeline_state> self,
                                       pipeline_partners partners, pipeline_options options);

/// Starts a pipeline. Until the first link_up it takes the link as down, so a composition whose cloud is in-process
/// sends one link_up to the returned handle (and to offload and policy) before the first task.
pipeline_actor spawn_pipeline(caf::actor_system& system, pipeline_partners partners, pipeline_options options = {});

}  // namespace dvfo::actors
