#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/interfaces.hpp"
#include "policy/experience/experience_file.hpp"

namespace dvfo::actors {

struct experience_recorder_state {
  static inline const char* name = "experience_recorder";
  std::shared_ptr<policy::experience_file> file;  ///< null once writing has failed
  std::function<void(const std::string&)> complain;

  /// Writes the task down. The first failure is told, and nothing is written any more.
  void add(const policy::experience& task);
};

experience_recorder_actor::behavior_type experience_recorder(
    experience_recorder_actor::stateful_pointer<experience_recorder_state> self,
    std::shared_ptr<policy::experience_file> file, std::function<void(const std::string&)> complain);

/// Starts the owner of `file`. When the file cannot be written any more, `complain` is told once, tasks go on and
/// nothing is recorded.
experience_recorder_actor spawn_experience_recorder(caf::actor_system& system,
                                                    std::shared_ptr<policy::experience_file> file,
                                                    std::function<void(const std::string&)> complain);

}  // namespace dvfo::actors
