#pragma once

#include <caf/typed_actor.hpp>

#include "actors/atoms.hpp"
#include "actors/error.hpp"
#include "actors/message_types.hpp"

/// The table of contents of the system: every actor and every message it understands. Unless a line says otherwise, a
/// request is always answered, with the value or with an error of actors::ec.
namespace dvfo::actors {

/// Listens to the state of the link to the cloud. Sent by link_supervisor, or once by a composition whose cloud is
/// in-process.
using link_listener = caf::typed_actor<
    // The cloud can be reached through this handle until link_down comes.
    caf::reacts_to<link_up>,
    // No cloud from now on, and why; sent again only after a link_up.
    caf::reacts_to<link_down>>;

/// GATEWAY: admits tasks, gives them ids, answers each exactly once and before its deadline.
using gateway_actor = caf::typed_actor<
    // Answers one input. Errors: busy (too many admitted), bad_task, deadline, stopping, inference, cloud.
    caf::replies_to<infer_atom, infer_task>::with<answer>,
    // Takes nothing new; answers when the last admitted task has been answered.
    caf::replies_to<drain_atom>::with<caf::ok_atom>,
    // To itself: a task's deadline may be over.
    caf::reacts_to<expire_atom>>;

/// Receives decisions that were thought out ahead; a pipeline_actor is one.
using decision_listener = caf::typed_actor<
    // The decision for the next task with these terms; it replaces any earlier one.
    caf::reacts_to<prepared_decision>>;

/// Receives the board's power; a pipeline_actor is one.
using power_listener = caf::typed_actor<caf::reacts_to<power_reading>>;

/// Receives estimates of the link; policy_actor and pipeline_actor are such.
using bandwidth_listener = caf::typed_actor<caf::reacts_to<bandwidth_reading>>;

/// PIPELINE: leads each admitted task through decision, extraction, both halves and fusion.
using pipeline_actor =
    link_listener::extend_with<decision_listener>::extend_with<power_listener>::extend_with<bandwidth_listener>::extend<
        // Runs one task. A cloud half that fails or is late degrades the answer; it is an error only where nothing
        // local can stand in.
        caf::replies_to<run_atom, admitted_task>::with<answer>,
        // From local_inference, as soon as a task's features are known and before its local half runs.
        caf::reacts_to<extracted>,
        // To itself: a task's deadline, or its wait for a partner, may be over.
        caf::reacts_to<expire_atom>>;

/// What local_inference tells of an extraction, and to whom: any pipeline_actor is one.
using extraction_listener = caf::typed_actor<caf::reacts_to<extracted>>;

/// LOCAL INFERENCE (detached): owns the edge model, one task at a time in order of arrival.
using local_inference_actor = caf::typed_actor<
    // Extracts, splits by importance, tells the listener at once if there is one, then runs the local DNN at the width
    // of the share and answers; at share 1 the logits are empty. A job whose deadline is over before it starts is an
    // error deadline.
    caf::replies_to<extract_atom, extraction_job>::with<local_result>,
    // The local DNN alone, on features of an earlier extraction (the rescue of a task that had no local half).
    caf::replies_to<local_atom, local_job>::with<local_result>>;

/// INPUT ENCODER (detached: a picture takes milliseconds): makes the input ready for the link.
using input_encoder_actor = caf::typed_actor<
    // The input as JPEG or as pixels, in the size of the network's input or smaller.
    caf::replies_to<encode_atom, input_job>::with<inference::coded_input>>;

/// OFFLOAD: encodes secondary channels, sends them to the cloud and waits no longer than the deadline allows.
using offload_actor = link_listener::extend<
    // Never an error: a failure is a reason in the result. Beyond its window it answers window_full at once.
    caf::replies_to<offload_atom, offload_job>::with<offload_result>,
    // To itself: an offload's time may be over.
    caf::reacts_to<expire_atom>>;

/// FUSION: weighs the two halves' logits into one.
using fusion_actor = caf::typed_actor<
    // fused = λ · local + (1 − λ) · remote with the task's λ or the bundle's λ(share).
    caf::replies_to<fuse_atom, fusion_job>::with<fusion_result>>;

/// POLICY: holds the scheme and always has the next decision ready.
using policy_actor = link_listener::extend_with<bandwidth_listener>::extend<
    // Hands this listener every decision from now on as soon as it is prepared: no task waits for a round trip.
    caf::reacts_to<join_atom, decision_listener>,
    // The listener used a decision, or the default one; think of the next.
    caf::reacts_to<decision_taken>,
    // A decision now: the first task, other terms, or the listener's was used up. Then prepares the next.
    caf::replies_to<decide_atom, task_terms>::with<prepared_decision>,
    // How often a decision was there when a task came.
    caf::replies_to<status_atom>::with<decision_counts>,
    // What a task cost. No answer.
    caf::reacts_to<observe_atom, task_feedback>>;

/// EXPERIENCE RECORDER (detached: files block): keeps what tasks taught, for learning.
using experience_recorder_actor = caf::typed_actor<
    // One task. No answer.
    caf::reacts_to<policy::experience>>;

/// FREQUENCY ACTUATOR (detached: sysfs blocks): sets a board's clocks, puts them back when it ends.
using frequency_actuator_actor = caf::typed_actor<
    // Sets what the order names, each to the nearest operating point; answers with what was asked, what took effect and
    // how long that took. A knob that fails is a status in the answer, never an error.
    caf::replies_to<apply_atom, device::clocks>::with<device::applied_clocks>>;

/// POWER SENSOR (detached): reads a board's power at the sensor's own rate while tasks are under way, and tells its
/// listeners. An idle node's sensor sleeps.
using power_sensor_actor = caf::typed_actor<
    // Tell this listener of every reading.
    caf::reacts_to<join_atom, power_listener>,
    // Tasks are under way: read at once and then at the sensor's rate until the lease is over. Renew it while they
    // come.
    caf::reacts_to<watch_atom>,
    // To itself: time for the next reading.
    caf::reacts_to<tick_atom>>;

/// BANDWIDTH SENSOR: estimates the link from transfers that happen anyway, and by probes of its own only when a link is
/// new or nothing was sent for long. Tells its listeners.
using bandwidth_sensor_actor = link_listener::extend<
    // Tell this listener of every estimate.
    caf::reacts_to<join_atom, bandwidth_listener>,
    // One transfer was acknowledged, from offload.
    caf::reacts_to<transfer_sample>,
    // To itself: nothing was sent for long.
    caf::reacts_to<probe_atom, std::uint64_t>>;

/// LINK SUPERVISOR: connects to the cloud, checks that it serves the same bundle, watches it and connects again.
using link_supervisor_actor = link_watcher::extend<
    // How the link stands now.
    caf::replies_to<status_atom>::with<link_status>,
    // The same, but not before the first attempt has succeeded or failed.
    caf::replies_to<settle_atom>::with<link_status>,
    // To itself: back-off is over for the attempt of this number.
    caf::reacts_to<retry_atom, std::uint64_t>>;

/// REMOTE INFERENCE as an edge sees it, the only interface that is published to a network: remote_inference_actor,
/// declared in message_types.hpp because link_up carries such a handle. Both its messages carry Protobuf bytes and are
/// answered in kind; refusals are values (InferReply.code), so that no error type of ours crosses the wire.

/// REMOTE INFERENCE as its own node sees it: routes requests to workers in batches.
using remote_router_actor = remote_inference_actor::extend<
    // Refuses new requests as busy; answers when queue and workers are empty.
    caf::replies_to<drain_atom>::with<caf::ok_atom>,
    // To itself: a waiting batch may be ripe.
    caf::reacts_to<ripen_atom>,
    // To itself: nobody may wait for some request any more.
    caf::reacts_to<expire_atom>>;

/// REMOTE WORKER (detached): owns one cloud model.
using remote_worker_actor = caf::typed_actor<
    // Decodes every frame and runs one pass over those that are sound; a bad frame spoils only its own item.
    caf::replies_to<batch_atom, batch_job>::with<batch_result>,
    // The same for a batch that was decoded elsewhere.
    caf::replies_to<batch_atom, decoded_batch>::with<batch_result>>;

/// BATCH DECODER (detached): decodes the next batch of a worker that computes.
using batch_decoder_actor = caf::typed_actor<
    // Decodes every frame and hands the batch on to the worker, who answers.
    caf::replies_to<batch_atom, batch_job, remote_worker_actor>::with<batch_result>>;

}  // namespace dvfo::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::decision_listener)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::power_listener)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::bandwidth_listener)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::remote_worker_actor)
