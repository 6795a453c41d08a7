#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/interfaces.hpp"
#include "policy/experience/experience_file.hpp"

namespace dvfo::actors {

/// The memory as it is recorded.
messages::experience to_record(const task_memory& memory);

struct task_recorder_state {
  static inline const char* name = "task_recorder";
  std::shared_ptr<record_file> file;  ///< null once writing has failed
  std::function<void(const std::string&)> complain;
};

task_recorder_actor::behavior_type task_recorder(task_recorder_actor::stateful_pointer<task_recorder_state> self,
                                                 std::shared_ptr<record_file> file,
                                                 std::function<void(const std::string&)> complain);

/// Starts the owner of `file`. When the file cannot be written any more, `complain` is told once, tasks go on and
/// nothing is recorded.
task_recorder_actor spawn_task_recorder(caf::actor_system& system, std::shared_ptr<record_file> file,
                                        std::function<void(const std::string&)> complain);

}  // namespace dvfo::actors
