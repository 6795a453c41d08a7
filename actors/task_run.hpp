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
  rescue_all,     ///< the same where the input was sent: extract first
  judge,          ///< the local DNN has answered; whether to appeal is to be said (accept or appeal)
};

/// One task on its way through the pipeline; plain bookkeeping without actors or clock.
///
/// decided → extracted → (local half ∥ cloud half) → fused or one half alone → answered. At share 1 there is no local
/// half; if its cloud half fails, the rescue takes the place of both.
///
/// Where the input is sent instead of features, the cloud half does not wait for extraction, and at share 1 there is
/// none. An appeal is the other way round: the local DNN answers, is judged, and only then the input may be sent.
class task_run {
 public:
  /// `is_link_up`: where no cloud is connected the task runs at share 0 from the start, degraded if the decision was
  /// another.
  task_run(admitted_task task, policy::decision decided, bool is_link_up);
  /// By the default decision, because the policy has made none: on the edge, degraded.
  explicit task_run(admitted_task task);

  /// The share to extract and run with.
  [[nodiscard]] double share() const { return outcome_.share; }
  /// Whether features are to be extracted at the start.
  [[nodiscard]] bool needs_front() const { return !sends_input() || outcome_.share < 1.0; }
  /// Whether the cloud half is to be sent at the start.
  [[nodiscard]] bool sends_at_once() const { return sends_input() && outcome_.share > 0.0; }
  [[nodiscard]] bool is_extracted() const { return is_extracted_; }
  /// Whether a failed cloud half leaves everything to be done here.
  [[nodiscard]] bool needs_rescue() const { return !may_appeal(); }
  /// At next_step::judge.
  [[nodiscard]] const std::vector<float>& local_logits() const { return local_->logits; }
  [[nodiscard]] const admitted_task& admitted() const { return admitted_; }

  /// Features are known. Returns whether a cloud half is wanted: channels are to be sent.
  bool on_extracted(extracted found);

  /// A half came back at `now`; a cloud half that failed carries its reason.
  void on_local(local_result half, time_point now);
  void on_remote(offload_result half, time_point now);

  [[nodiscard]] next_step next() const;

  /// The verdict at next_step::judge: the local answer holds, or the cloud is to be asked. An appeal without a link
  /// leaves the local answer, degraded. Returns whether a cloud half is wanted.
  void accept() { is_judged_ = true; }
  bool appeal(bool is_link_up);

  /// Secondary channels or the input for the cloud; the reply must be there by `answer_by`. Once, when the cloud half
  /// is wanted.
  [[nodiscard]] offload_job make_offload(time_point answer_by) const;
  /// The full-width local DNN on all channels. The answer counts as run at share 0. Once, at next_step::rescue.
  [[nodiscard]] local_job make_rescue();
  /// From now on the task runs at share 0, from extraction on. Once, at next_step::rescue_all.
  void rescue_all();
  /// Both halves. Once, at next_step::fuse.
  [[nodiscard]] fusion_job make_fusion();

  /// The answer; the run is over. `now` closes the time to inference.
  [[nodiscard]] answer finish_fused(fusion_result fused, time_point now);
  [[nodiscard]] answer finish_one_half(time_point now);

  /// What the policy learns from it, `cost` being all that the answer said.
  [[nodiscard]] task_feedback feedback(const policy::outcome& cost) &&;

 private:
  [[nodiscard]] bool sends_input() const {
    const auto& sends = outcome_.decided.sends;
    return sends.what != policy::payload::features && sends.when == policy::moment::at_once;
  }
  [[nodiscard]] bool may_appeal() const {
    return outcome_.decided.sends.when == policy::moment::on_appeal && outcome_.decided.share > 0.0;
  }
  answer finish(std::vector<float> logits, policy::ran_on where, time_point now);
  [[nodiscard]] double overrun() const;

  admitted_task admitted_;
  policy::outcome outcome_;
  inference::extraction extraction_;
  inference::channel_split split_;
  bool is_extracted_ = false;
  bool is_rescue_ = false;
  bool is_judged_ = false;
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
