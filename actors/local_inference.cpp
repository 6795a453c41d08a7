#include "actors/local_inference.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/caf_compat.hpp"

namespace dvfo::actors {

namespace {

using local_inference_pointer = local_inference_actor::stateful_pointer<local_inference_state>;

/// An overloaded edge skips what nobody waits for any more, so that it catches up.
bool is_over(local_inference_pointer self, time_point deadline) { return self->clock().now() >= deadline; }

caf::error too_late() {
  return make_failure(ec::deadline, "the task's deadline was over before the local half could start");
}

/// Runs `work` as one pass on the board, which is this machine or simulated.
template <class F>
board_pacer::pass timed(local_inference_pointer self, board_pacer::part part, double share, F&& work) {
  const auto& pacer = self->state.pacer;
  if (!pacer) {
    const auto start = self->clock().now();
    work();
    return {.seconds = seconds_between(start, self->clock().now()), .overrun_seconds = 0.0};
  }
  pacer->begin(part, share);
  try {
    work();
  } catch (...) {
    pacer->finish();  // or the board would still be busy when the next task comes
    throw;
  }
  return pacer->finish();
}

extracted extract(local_inference_pointer self, const extraction_job& job) {
  extracted out{.task_id = job.task_id, .extraction = {}, .split = {}};
  const auto pass = timed(self, board_pacer::part::front, job.share, [&] {
    out.extraction = self->state.backend->extract(*job.input);
    out.split = inference::split_channels(out.extraction.importance, job.share);
  });
  out.share = out.split.secondary.empty() ? 0.0 : out.split.primary.empty() ? 1.0 : job.share;
  out.extract_seconds = pass.seconds;
  out.overrun_seconds = pass.overrun_seconds;
  return out;
}

local_result infer(local_inference_pointer self, std::uint64_t task_id, const inference::feature_map& features,
                   const std::vector<std::uint16_t>& channels, double share) {
  local_result out{.task_id = task_id, .logits = {}};
  const auto pass = timed(self, board_pacer::part::local, share,
                          [&] { out.logits = self->state.backend->infer_local(features, channels, share); });
  out.seconds = pass.seconds;
  out.overrun_seconds = pass.overrun_seconds;
  return out;
}

}  // namespace

local_inference_actor::behavior_type local_inference(local_inference_pointer self,
                                                     std::shared_ptr<edge_backend> backend,
                                                     std::shared_ptr<board_pacer> pacer) {
  drop_strangers(self);
  self->state.backend = std::move(backend);
  self->state.pacer = std::move(pacer);
  return {
      [self](extract_atom, const extraction_job& job) -> caf::result<local_result> {
        if (is_over(self, job.deadline)) return too_late();
        return guarded([&] {
          // A listener is told before the local half runs, so that the offload travels meanwhile (DVFO §5.3: in
          // parallel).
          auto found = extract(self, job);
          if (job.listener) self->send(job.listener, found);
          auto half = found.share >= 1.0
                          ? local_result{.task_id = job.task_id, .logits = {}}
                          : infer(self, job.task_id, found.extraction.features, found.split.primary, found.share);
          if (!job.listener) half.found = std::move(found);
          return half;
        });
      },
      [self](local_atom, const local_job& job) -> caf::result<local_result> {
        if (is_over(self, job.deadline)) return too_late();
        return guarded([&] { return infer(self, job.task_id, job.features, job.channels, job.share); });
      },
  };
}

local_inference_actor spawn_local_inference(caf::actor_system& system, std::shared_ptr<edge_backend> backend,
                                            std::shared_ptr<board_pacer> pacer) {
  return system.spawn<caf::detached>(local_inference, std::move(backend), std::move(pacer));
}

}  // namespace dvfo::actors
