#include "actors/experience_recorder.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {
namespace {

messages::experience_clocks recorded(const device::clocks& clocks) {
  return {clocks.cpu_hz, clocks.gpu_hz, clocks.memory_hz};
}

}  // namespace

messages::experience to_record(const task_memory& memory) {
  const auto& seen = memory.seen;
  const auto& cost = memory.outcome;
  const auto energy = policy::eti(cost);
  return {.task_id = cost.task_id,
          .eta = seen.eta,
          .lambda = seen.lambda,
          .importance = seen.importance,
          .bandwidth_bps = seen.bandwidth_bps,
          .rtt_seconds = seen.rtt_seconds,
          .link_up = seen.link_up,
          .previous_clocks = recorded(seen.previous.clocks),
          .previous_share = seen.previous.share,
          .in_force = recorded(seen.in_force),
          .celsius = seen.celsius,
          .waiting_tasks = seen.waiting_tasks,
          .thinking_share = seen.thinking_share,
          .clocks = recorded(cost.decided.clocks),
          .share = cost.decided.share,
          .sends = static_cast<std::uint8_t>(cost.decided.sends),
          .tti_seconds = cost.tti,
          .joules = energy.joules,
          .is_measured = energy.source == policy::energy_source::measured,
          .share_as_run = cost.share,
          .degraded = static_cast<std::uint8_t>(cost.degraded)};
}

task_recorder_actor::behavior_type task_recorder(task_recorder_actor::stateful_pointer<task_recorder_state> self,
                                                 std::shared_ptr<record_file> file,
                                                 std::function<void(const std::string&)> complain) {
  drop_strangers(self);
  self->state.file = std::move(file);
  self->state.complain = std::move(complain);
  return {
      [self](const task_memory& memory) {
        auto& state = self->state;
        if (!state.file) return;
        try {
          state.file->add(to_record(memory));
        } catch (const std::exception& failure) {
          state.file.reset();
          if (state.complain) state.complain(failure.what());
        }
      },
  };
}

task_recorder_actor spawn_task_recorder(caf::actor_system& system, std::shared_ptr<record_file> file,
                                        std::function<void(const std::string&)> complain) {
  return system.spawn<caf::detached>(task_recorder, std::move(file), std::move(complain));
}

}  // namespace dvfo::actors
