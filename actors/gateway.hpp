#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/message_id.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/deadline_watch.hpp"
#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"

namespace dvfo::actors {

struct gateway_options {
  std::size_t max_admitted = defaults::gateway::max_admitted;  ///< ≥ 1; beyond it tasks are refused as busy
};

/// Admission: what may enter, under which id, until when. A task is admitted, then answered (by the pipeline or by its
/// deadline) or failed; each id leaves exactly once.
class gateway_state {
 public:
  static inline const char* name = "gateway";

  /// Why `task` cannot be admitted at all, in words; empty if it can.
  [[nodiscard]] static std::string fault_of(const infer_task& task);

  /// Gives `task` its id and deadline. Precondition: has_room() and no fault.
  admitted_task admit(infer_task task, time_point now);

  /// The pipeline was asked to run the task and will answer with `response`. Returns when to look at the deadlines.
  [[nodiscard]] std::optional<time_point> on_asked(std::uint64_t id, time_point deadline, caf::message_id response);

  /// The responses that are to be given up: their tasks' deadlines are over. And when to look again.
  struct expiry {
    std::vector<caf::message_id> responses;
    std::optional<time_point> next;
  };
  [[nodiscard]] expiry expire(time_point now);

  /// The task of this id has been answered. Returns whether the last one has gone and somebody drains.
  bool release(std::uint64_t id);

  [[nodiscard]] bool has_room() const { return !draining_ && admitted_.size() < options.max_admitted; }
  [[nodiscard]] bool is_draining() const { return draining_; }
  [[nodiscard]] bool is_empty() const { return admitted_.empty(); }
  void drain() { draining_ = true; }

  pipeline_actor pipeline;
  gateway_options options;
  std::vector<caf::typed_response_promise<caf::ok_atom>> drainers;

 private:
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, caf::message_id> admitted_;
  deadline_watch deadlines_;
  bool draining_ = false;
};

gateway_actor::behavior_type gateway(gateway_actor::stateful_pointer<gateway_state> self, pipeline_actor pipeline,
                                     gateway_options options);

/// Starts a gateway before `pipeline`.
gateway_actor spawn_gateway(caf::actor_system& system, pipeline_actor pipeline, gateway_options options = {});

}  // namespace dvfo::actors
