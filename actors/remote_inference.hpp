#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <caf/typed_response_promise.hpp>

#include "actors/batch_queue.hpp"
#include "actors/deadline_watch.hpp"
#include "actors/defaults.hpp"
#include "actors/interfaces.hpp"
#include "inference/codec/feature_codec.hpp"
#include "messages/inference.hpp"

namespace dvfo::actors {

struct remote_inference_options {
  messages::hello_reply served;  ///< describe(manifest) of the workers' bundle, see handshake.hpp
  std::size_t max_batch = defaults::remote_inference::max_batch;
  std::chrono::duration<double> max_batch_delay = defaults::remote_inference::max_batch_delay;
  std::size_t max_queue = defaults::remote_inference::max_queue;
  /// Of the bundle: with it, what a worker goes on with is decoded on another thread while it computes.
  std::optional<inference::feature_format> format = {};
};

/// A worker and how many batches it has: one that it computes and, if that was full, one that it goes on with at once.
struct busy_worker {
  remote_worker_actor actor;
  batch_decoder_actor decoder = {};  ///< of what it goes on with; null: it decodes that itself
  std::size_t batches = 0;
};

/// The router's books: who is owed a reply, what the workers have, who waits.
struct remote_inference_state {
  static inline const char* name = "remote_inference";

  struct owed_reply {
    std::uint64_t task_id = 0;
    time_point arrived;
    caf::typed_response_promise<wire_message> promise;
  };

  /// Why a checked request cannot be taken: a reply with code and text; its code is ok if it can.
  [[nodiscard]] messages::infer_reply judge(const messages::infer_request& request) const;

  /// The worker with that many batches that has had them longest; null if there is none.
  [[nodiscard]] busy_worker* find_worker(std::size_t batches);

  /// Sends the reply to whom the ticket belongs; a ticket is paid once.
  void pay(std::uint64_t ticket, messages::infer_reply reply);

  remote_inference_options options;
  batch_queue queue{{}};
  std::vector<busy_worker> workers;  ///< those that are alive
  std::uint64_t next_ticket = 1;
  std::unordered_map<std::uint64_t, owed_reply> owed;
  deadline_watch deadlines;  ///< of those owed
  bool is_timer_set = false;
  bool is_draining = false;
  std::vector<caf::typed_response_promise<caf::ok_atom>> drainers;
};

remote_router_actor::behavior_type remote_inference(remote_router_actor::stateful_pointer<remote_inference_state> self,
                                                    std::vector<remote_worker_actor> workers,
                                                    remote_inference_options options);

/// Starts the cloud's router before `workers` (at least one). Hand it out as a remote_inference_actor.
remote_router_actor spawn_remote_inference(caf::actor_system& system, std::vector<remote_worker_actor> workers,
                                           remote_inference_options options);

}  // namespace dvfo::actors
