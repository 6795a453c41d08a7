#include "actors/experience_recorder.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

void experience_recorder_state::add(const policy::experience& task) {
  if (!file) return;
  try {
    file->add(task);
  } catch (const std::exception& failure) {
    file.reset();
    if (complain) complain(failure.what());
  }
}

experience_recorder_actor::behavior_type experience_recorder(
    experience_recorder_actor::stateful_pointer<experience_recorder_state> self,
    std::shared_ptr<policy::experience_file> file, std::function<void(const std::string&)> complain) {
  drop_strangers(self);
  self->state.file = std::move(file);
  self->state.complain = std::move(complain);
  return {[self](const policy::experience& task) { self->state.add(task); }};
}

experience_recorder_actor spawn_experience_recorder(caf::actor_system& system,
                                                    std::shared_ptr<policy::experience_file> file,
                                                    std::function<void(const std::string&)> complain) {
  return system.spawn<caf::detached>(experience_recorder, std::move(file), std::move(complain));
}

}  // namespace dvfo::actors
