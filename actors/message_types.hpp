#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "actors/atoms.hpp"
#include "actors/types.hpp"
#include "policy/experience/experience.hpp"

/// How CAF sees our types: one type crosses nodes, all others are barred from it.
namespace dvfo::actors {

/// The only value that crosses nodes: the bytes of one Protobuf message (messages/). A string, because CAF checks a
/// string's length against what has arrived before it allocates.
struct wire_message {
  std::string bytes;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, wire_message& x) {
  return f(caf::meta::type_name("dvfo.wire"), x.bytes);
}

/// See interfaces.hpp: REMOTE INFERENCE as an edge sees it.
using remote_inference_actor = caf::typed_actor<
    // The logits of one task's secondary channels, or of its input: InferRequest → InferReply.
    caf::replies_to<infer_atom, wire_message>::with<wire_message>,
    // What this cloud serves: HelloRequest → HelloReply.
    caf::replies_to<hello_atom, wire_message>::with<wire_message>>;

/// Offload's doubt about a link: this many requests in a row had no reply in time.
struct link_suspicion {
  std::uint64_t generation = 0;  ///< of the link_up that the requests went through
  std::uint32_t consecutive_timeouts = 0;
};

/// Receives doubts about a link; link_supervisor is one.
using link_watcher = caf::typed_actor<
    // Requests stay unanswered; the watcher decides when to give the link up. No answer.
    caf::reacts_to<link_suspicion>>;

/// A cloud is there.
struct link_up {
  remote_inference_actor remote;
  std::uint64_t generation = 0;  ///< counts connections
  link_watcher watcher;          ///< where to send doubts; null if nobody watches (in-process cloud)
};

/// No cloud any more.
struct link_down {
  std::string reason;
};

/// An input to extract features from. Defined here because it names an actor.
struct extraction_job {
  std::uint64_t task_id = 0;
  std::shared_ptr<const inference::any_input> input;
  double share = 0.0;
  time_point deadline;  ///< not started after it
  /// Told of the features before the local half runs; null: they come with it.
  caf::typed_actor<caf::reacts_to<extracted>> listener;
};

}  // namespace dvfo::actors

// Registered by its short name "dvfo.wire" in system_config; the id lets CAF_ENABLE_TYPE_ID_CHECKS tell forgotten
// types.
CAF_BEGIN_TYPE_ID_BLOCK(dvfo, first_custom_type_id)
CAF_ADD_TYPE_ID(dvfo, (dvfo::actors::wire_message))
CAF_END_TYPE_ID_BLOCK(dvfo)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::infer_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::admitted_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::task_terms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::extracted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::extraction_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::local_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::local_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::offload_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::offload_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::input_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::inference::coded_input)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::fusion_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::fusion_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::task_feedback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::batch_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::batch_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::decoded_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::bandwidth_reading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::transfer_sample)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::power_reading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::prepared_decision)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::decision_taken)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::decision_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::policy::experience)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::device::clocks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::device::applied_clocks)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::link_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::link_suspicion)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::link_down)
