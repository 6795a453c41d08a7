#include "actors/task_run.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "actors/defaults.hpp"

namespace dvfo::actors {

using policy::degraded_reason;

task_run::task_run(admitted_task task, policy::decision decided, bool is_link_up) : admitted_(std::move(task)) {
  outcome_.task_id = admitted_.id;
  outcome_.decided = decided;
  outcome_.share = decided.share;
  if (may_appeal()) outcome_.share = 0.0;  // until it does
  if (!is_link_up && outcome_.share > 0.0) {
    outcome_.share = 0.0;
    outcome_.degraded = degraded_reason::link_down;
  }
}

task_run::task_run(admitted_task task) : task_run(std::move(task), policy::decision{}, true) {
  outcome_.degraded = degraded_reason::undecided;
}

bool task_run::on_extracted(extracted found) {
  extraction_ = std::move(found.extraction);
  split_ = std::move(found.split);
  const bool is_features = outcome_.decided.sends == policy::sending::features;
  if (is_features) outcome_.share = found.share;
  outcome_.stages.extract = found.extract_seconds;
  front_overrun_ = found.overrun_seconds;
  is_extracted_ = true;
  return is_features && outcome_.share > 0.0;
}

void task_run::on_local(local_result half, time_point now) {
  local_came_ = now;
  outcome_.stages.local = half.seconds;
  local_ = std::move(half);
}

void task_run::on_remote(offload_result half, time_point now) {
  remote_came_ = now;
  auto& stages = outcome_.stages;
  stages.encode = half.stages.encode;
  stages.transfer = half.stages.transfer;
  stages.remote_queue = half.stages.remote_queue;
  stages.remote_decode = half.stages.remote_decode;
  stages.remote_compute = half.stages.remote_compute;
  outcome_.degraded = half.degraded;
  outcome_.wire_up_bytes = half.wire_up_bytes;
  outcome_.wire_down_bytes = half.wire_down_bytes;
  outcome_.remote_batch_size = half.batch_size;
  remote_ = std::move(half);
}

next_step task_run::next() const {
  const bool has_remote = remote_ && remote_->degraded == degraded_reason::none;
  if (!is_rescue_ && !needs_front()) {
    if (!remote_) return next_step::wait;
    return has_remote ? next_step::answer_remote : next_step::rescue_all;
  }
  if (!is_extracted_ || !local_) return next_step::wait;
  if (may_appeal() && !is_judged_) return next_step::judge;
  if (is_rescue_ || outcome_.share <= 0.0) return next_step::answer_local;
  if (!remote_) return next_step::wait;
  if (may_appeal()) return has_remote ? next_step::answer_remote : next_step::answer_local;
  if (outcome_.share >= 1.0) return has_remote ? next_step::answer_remote : next_step::rescue;
  return has_remote ? next_step::fuse : next_step::answer_local;
}

bool task_run::appeal(bool is_link_up) {
  is_judged_ = true;
  if (is_link_up) {
    outcome_.share = outcome_.decided.share;
  } else {
    outcome_.degraded = degraded_reason::link_down;
  }
  return is_link_up;
}

offload_job task_run::make_offload(time_point answer_by) const {
  return {.task_id = admitted_.id,
          .features = extraction_.features,
          .channels = split_.secondary,
          .share = outcome_.share,
          .answer_by = answer_by,
          .sends = outcome_.decided.sends.what,
          .input = admitted_.task.input};
}

void task_run::rescue_all() {
  is_rescue_ = true;
  outcome_.share = 0.0;
}

local_job task_run::make_rescue() {
  is_rescue_ = true;
  local_.reset();
  outcome_.share = 0.0;
  std::vector<std::uint16_t> all(extraction_.importance.size());
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  return {.task_id = admitted_.id,
          .features = extraction_.features,
          .channels = std::move(all),
          .share = 0.0,
          .deadline = admitted_.deadline};
}

fusion_job task_run::make_fusion() {
  return {.local = std::move(local_->logits),
          .remote = std::move(remote_->logits),
          .share = outcome_.share,
          .lambda = admitted_.task.lambda};
}

answer task_run::finish_fused(fusion_result fused, time_point now) {
  outcome_.stages.fuse = fused.seconds;
  return finish(std::move(fused.logits), policy::ran_on::both, now);
}

answer task_run::finish_one_half(time_point now) {
  if (next() == next_step::answer_remote) return finish(std::move(remote_->logits), policy::ran_on::cloud, now);
  return finish(std::move(local_->logits), policy::ran_on::edge, now);
}

// On a simulated board the halves count from when the board would have had them: extraction delays both, the local half
// only where it came last.
double task_run::overrun() const {
  // An appeal comes after both; the input's way to the cloud comes after neither.
  if (may_appeal()) return front_overrun_ + local_->overrun_seconds;
  if (sends_at_once() && !is_rescue_) {
    const double late = front_overrun_ + (local_ ? local_->overrun_seconds : 0.0);
    return local_ && remote_ ? std::clamp(seconds_between(remote_came_, local_came_), 0.0, late) : late;
  }
  double out = front_overrun_;
  if (local_ && local_->overrun_seconds > 0.0) {
    const double lead = remote_ && !is_rescue_ ? seconds_between(remote_came_, local_came_) : local_->overrun_seconds;
    out += std::clamp(lead, 0.0, local_->overrun_seconds);
  }
  return out;
}

answer task_run::finish(std::vector<float> logits, policy::ran_on where, time_point now) {
  outcome_.where = where;
  if (may_appeal() && where == policy::ran_on::edge) outcome_.share = 0.0;
  outcome_.overrun_seconds = overrun();
  outcome_.tti = seconds_between(admitted_.admitted, now) - outcome_.overrun_seconds;
  outcome_.tti_serial = policy::serial_seconds(outcome_.stages);
  return {.task_id = admitted_.id, .logits = std::move(logits), .outcome = outcome_};
}

task_feedback task_run::feedback(const policy::outcome& cost) && {
  return {.outcome = cost, .importance = std::move(extraction_.importance)};
}

void rescue_estimate::observe(double seconds) {
  const double wanted = seconds * defaults::pipeline::rescue_margin;
  seconds_ = wanted >= seconds_ ? wanted : (seconds_ + wanted) / 2.0;
}

}  // namespace dvfo::actors
