#include "policy/experience/wire.hpp"

namespace dvfo::policy {
namespace {

messages::experience_clocks to_message(const device::clocks& hz) { return {hz.cpu_hz, hz.gpu_hz, hz.memory_hz}; }
device::clocks from_message(const messages::experience_clocks& hz) { return {hz[0], hz[1], hz[2]}; }

}  // namespace

messages::experience to_message(const experience& from) {
  const auto& seen = from.seen;
  return {.task_id = from.task_id,
          .eta = seen.eta,
          .lambda = seen.lambda,
          .importance = seen.importance,
          .bandwidth_bps = seen.bandwidth_bps,
          .rtt_seconds = seen.rtt_seconds,
          .link_up = seen.link_up,
          .previous_clocks = to_message(seen.previous.clocks),
          .previous_share = seen.previous.share,
          .in_force = to_message(seen.in_force),
          .celsius = seen.celsius,
          .waiting_tasks = seen.waiting_tasks,
          .thinking_share = seen.thinking_share,
          .clocks = to_message(from.decided.clocks),
          .share = from.decided.share,
          .sends = number_of(from.decided.sends),
          .tti_seconds = from.tti_seconds,
          .joules = from.joules,
          .is_measured = from.is_measured,
          .share_as_run = from.share,
          .degraded = static_cast<std::uint8_t>(from.degraded)};
}

experience from_message(const messages::experience& from) {
  experience out;
  out.task_id = from.task_id;
  out.seen.eta = from.eta;
  out.seen.lambda = from.lambda;
  out.seen.importance = from.importance;
  out.seen.bandwidth_bps = from.bandwidth_bps;
  out.seen.rtt_seconds = from.rtt_seconds;
  out.seen.link_up = from.link_up;
  out.seen.previous.clocks = from_message(from.previous_clocks);
  out.seen.previous.share = from.previous_share;
  out.seen.in_force = from_message(from.in_force);
  out.seen.celsius = from.celsius;
  out.seen.waiting_tasks = from.waiting_tasks;
  out.seen.thinking_share = from.thinking_share;
  out.decided = {from_message(from.clocks), from.share, all_sendings.at(from.sends)};
  out.tti_seconds = from.tti_seconds;
  out.joules = from.joules;
  out.is_measured = from.is_measured;
  out.share = from.share_as_run;
  out.degraded = static_cast<degraded_reason>(from.degraded);
  return out;
}

}  // namespace dvfo::policy
