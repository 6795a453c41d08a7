#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "actors/types.hpp"

namespace dvfo::actors {

/// What a task needs next.
enum class next_step {
  wait,           ///< for a half that is still out
  fuse,           ///< both halves are there
  answer_local,   ///< the local half alone: share 0, or the cloud half failed
  answer_remote,  ///< the remote half alone: share 1
  rescue,         ///< share 1 and the cloud half failed: run the local DNN at full width
};

/// One task on its way through the pipeline; plain bookkeeping without actors or clock.
///
/// decided → extracted → (local half ∥ cloud half) → fused or one half alone → answered. At share 1 there is no local
/// half; if its cloud half fails, the rescue takes the place of both.
class task_run {
 public:
  /// `is_link_up`: where no cloud is connected the task runs at share 0 from the start, degraded if the decision was
  /// another.
  task_run(admitted_task task, policy::decision decided, bool is_link_up);

  /// The share to extract and run with.
  [[nodiscard]] double share() const { return outcome_.share; }
  [[nodiscard]] const admitted_task& admitted() const { return admitted_; }

  /// Features are known. Returns whether a cloud half is wanted: channels are to be sent.
  bool on_extracted(extracted found);

  /// A half came back at `now`; a cloud half that failed carries its reason.
  void on_local(local_result half, time_point now);
  void on_remote(offload_result half, time_point now);

  [[nodiscard]] next_step next() const;

  /// Secondary channels for the cloud; the reply must be there by `answer_by`. Once, after on_extracted returned true.
  [[nodiscard]] offload_job make_offload(time_point answer_by) const;
  /// The full-width local DNN on all channels. The answer counts as run at share 0. Once, at next_step::rescue.
  [[nodiscard]] local_job make_rescue();
  /// Both halves. Once, at next_step::fuse.
  [[nodiscard]] fusion_job make_fusion();

  /// The answer; the run is over. `now` closes the time to inference.
  [[nodiscard]] answer finish_fused(fusion_result fused, time_point now);
  [[nodiscard]] answer finish_one_half(time_point now);

  /// What the policy learns from it, `cost` being all that the answer said.
  [[nodiscard]] task_report report(const policy::outcome& cost) &&;

 private:
  answer finish(std::vector<float> logits, policy::ran_on where, time_point now);
  [[nodiscard]] double overrun() const;

  admitted_task admitted_;
  policy::outcome outcome_;
  inference::extraction extraction_;
  inference::channel_split split_;
  bool is_extracted_ = false;
  bool is_rescue_ = false;
  std::optional<local_result> local_;
  std::optional<offload_result> remote_;
  time_point local_came_;
  time_point remote_came_;
  double front_overrun_ = 0.0;
};

/// How long the full-width local DNN takes here, learned from every run of it: the time to keep back for a rescue.
/// Rises at once, falls by halves, because a rescue that comes too late is worth nothing.
class rescue_estimate {
 public:
  explicit rescue_estimate(std::chrono::duration<double> first_guess) : seconds_(first_guess.count()) {}
  void observe(double seconds);
  [[nodiscard]] std::chrono::duration<double> value() const { return std::chrono::duration<double>(seconds_); }

 private:
  double seconds_;
};

}  // namespace dvfo::actors
