#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "device/frequency_control.hpp"
#include "inference/model.hpp"
#include "inference/tasks/task.hpp"
#include "messages/inference.hpp"
#include "policy/decision.hpp"
#include "policy/outcome.hpp"

/// What actors of one process say to each other: plain values and shared handles to immutable ones. Only wire_message
/// (caf_compat.hpp) ever leaves the process.
namespace dvfo::actors {

/// Instants of the actor system's clock: the steady clock, or a test's virtual one.
using time_point = std::chrono::steady_clock::time_point;

/// Seconds from `from` to `to`.
inline double seconds_between(time_point from, time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// A client's request.
struct infer_task {
  std::shared_ptr<const inference::any_input> input;  ///< must not be null
  double budget_seconds = 0.0;                        ///< > 0: the answer is worth nothing after it
  double eta = 0.5;                                   ///< in [0, 1]: weight of energy against latency
  std::optional<double> lambda;                       ///< in [0, 1]; absent: the bundle's λ(share)
};

/// The one answer to a task.
struct answer {
  std::uint64_t task_id = 0;
  std::vector<float> logits;  ///< one a class
  policy::outcome outcome;
};

/// A task with its id and its place in time, as gateway hands it on.
struct admitted_task {
  std::uint64_t id = 0;
  infer_task task;
  time_point admitted;
  time_point deadline;
};

/// What policy is told of the task that it decides for.
struct task_terms {
  double eta = 0.5;
  std::optional<double> lambda;
  friend bool operator==(const task_terms&, const task_terms&) = default;
};

/// Features of a task and where they are to go, as local_inference found them.
struct extracted {
  std::uint64_t task_id = 0;
  inference::extraction extraction;
  inference::channel_split split;
  double share = 0.0;  ///< as it will run: 0 if no channel is sent, 1 if none is kept, else as asked
  double extract_seconds = 0.0;
  double overrun_seconds = 0.0;  ///< beyond that: what this host took longer than the board that it simulates
};

/// The local DNN alone on features that are there already.
struct local_job {
  std::uint64_t task_id = 0;
  inference::feature_map features;
  std::vector<std::uint16_t> channels;  ///< ascending
  double share = 0.0;                   ///< < 1: chooses the width
  time_point deadline;                  ///< not started after it
};

/// Local logits; empty at share 1, which has no local half.
struct local_result {
  std::uint64_t task_id = 0;
  std::vector<float> logits;
  double seconds = 0.0;
  double overrun_seconds = 0.0;         ///< as in extracted
  std::optional<extracted> found = {};  ///< the features, where nobody listened for them
};

/// Secondary channels to send away, or the input.
struct offload_job {
  std::uint64_t task_id = 0;
  inference::feature_map features;
  std::vector<std::uint16_t> channels;  ///< ascending, at least one; of features
  double share = 0.0;                   ///< > 0
  time_point answer_by;                 ///< the reply is of no use after it
  policy::payload sends = policy::payload::features;
  std::shared_ptr<const inference::any_input> input = {};  ///< where it is sent itself
};

/// The input to encode for the link.
struct input_job {
  std::shared_ptr<const inference::any_input> input;
  policy::payload sends = policy::payload::compressed;
  double share = 1.0;  ///< of its values, where they are sent as they are
};

/// How an offload ended; always answered, in time or with a reason.
struct offload_result {
  std::uint64_t task_id = 0;
  policy::degraded_reason degraded = policy::degraded_reason::none;
  std::string text;              ///< why, unless degraded is none
  std::vector<float> logits;     ///< empty unless degraded is none
  policy::stage_seconds stages;  ///< encode, transfer and the remote stages
  std::uint64_t wire_up_bytes = 0;
  std::uint64_t wire_down_bytes = 0;
  std::uint32_t batch_size = 0;
};

/// Two halves of one task.
struct fusion_job {
  std::vector<float> local;
  std::vector<float> remote;
  double share = 0.0;
  std::optional<double> lambda;  ///< absent: the bundle's λ(share)
};

struct fusion_result {
  std::vector<float> logits;
  double seconds = 0.0;
};

/// The board and the stream of tasks as the pipeline sees them while a task moves.
struct sensed_state {
  device::clocks in_force;        ///< as the actuator last answered
  double waiting_tasks = 0.0;     ///< admitted, features not extracted yet
  double thinking_share = 0.0;    ///< t_AS/H: from sensing to the next task's begin, of the time between two begins
  std::optional<double> celsius;  ///< of the die; absent without a sensor
};

/// What a task taught, for policy: sent after its client has the answer.
struct task_feedback {
  policy::outcome outcome;
  std::vector<float> importance;  ///< x~p(a) of this task
  /// What its decision was made from; null: the default decision, which is none of the scheme's.
  std::shared_ptr<const policy::situation> seen = {};
  sensed_state sensed = {};  ///< when it was answered
};

/// An input's coding keeps its number on the wire, so that a new one needs no word here.
constexpr messages::frame_kind frame_kind_of(inference::input_coding coding) {
  return static_cast<messages::frame_kind>(coding);
}
/// The coding of frames that hold inputs.
constexpr inference::input_coding coding_of(messages::frame_kind frames) {
  return static_cast<inference::input_coding>(frames);
}

/// What requests of one batch have in common.
struct batch_kind {
  double share = 0.0;  ///< on the grid of trained shares
  messages::frame_kind frames = messages::frame_kind::features;
  std::uint32_t width = 0;  ///< of pixels
  friend bool operator<(const batch_kind& a, const batch_kind& b) {
    return std::tie(a.share, a.frames, a.width) < std::tie(b.share, b.frames, b.width);
  }
};

/// Requests for one pass of the remote DNN, or of the unsplit one where their frames are inputs.
struct batch_job {
  batch_kind kind;
  std::shared_ptr<const std::vector<std::string>> frames;
};

/// One task of a batch: logits, or why not.
struct batch_item {
  std::vector<float> logits;
  double decode_seconds = 0.0;
  bool bad_frame = false;  ///< the frame failed the codec's checks (else, with a text, the model failed)
  std::string error;
};

/// A batch whose frames have been decoded.
struct decoded_batch {
  batch_kind kind;
  std::vector<batch_item> items;  ///< as many as frames; those that failed are marked
  /// The sound ones, and which item each belongs to: feature maps, or inputs where the frames are that.
  std::vector<std::size_t> where;
  std::vector<std::vector<float>> features;
  std::vector<inference::any_input> inputs;
  [[nodiscard]] bool is_whole() const { return kind.frames != messages::frame_kind::features; }
};

struct batch_result {
  std::vector<batch_item> items;  ///< as many as frames, in their order
  time_point started;             ///< when the worker took it up
  double compute_seconds = 0.0;
};

/// A decision that the policy thought out ahead, for the next task with these terms.
struct prepared_decision {
  policy::decision decision;
  task_terms terms;
  std::uint64_t number = 0;  ///< counts what the policy prepared
  /// What it was made from; a copy of it takes 60 to 110 ns with 32 to 512 channels, on an x86 core.
  std::shared_ptr<const policy::situation> seen = {};
};

/// How often a decision was there when a task came.
struct decision_counts {
  std::uint64_t ready = 0;      ///< thought out ahead and used as it was
  std::uint64_t late = 0;       ///< a task had to ask and wait
  std::uint64_t stale = 0;      ///< ready, but the state had moved on when it was used
  std::uint64_t defaulted = 0;  ///< the policy failed or took too long: the task ran by the default decision
};

/// The pipeline used a prepared decision; or, with number 0, the default one.
struct decision_taken {
  policy::decision decision;
  std::uint64_t number = 0;
  sensed_state sensed = {};
};

/// The link as bandwidth_sensor estimates it; what is not known yet is absent.
struct bandwidth_reading {
  std::optional<double> bandwidth_bps;
  std::optional<double> rtt_seconds;
  time_point when;  ///< of the newest sample behind it
};

/// One acknowledged transfer: both ways together.
struct transfer_sample {
  std::uint64_t bytes = 0;
  double seconds = 0.0;  ///< on the link, without queue and compute at the other end
  time_point when;
};

/// The board's power at one instant; absent where the sensor gave none.
struct power_reading {
  time_point when;
  std::optional<double> watts;
  std::optional<double> total_joules;            ///< of a counter, from counted_since on
  std::optional<double> celsius = {};            ///< of the die, in those readings that look at it
  std::optional<time_point> counted_since = {};  ///< another than before: the counter began anew
};

/// How the link to the cloud stands.
enum class link_state : std::uint8_t { connecting, up, down, refused };

struct link_status {
  link_state state = link_state::connecting;
  std::string peer;    ///< "host:port"
  std::string reason;  ///< why it is not up, in words; empty while up
};

}  // namespace dvfo::actors
