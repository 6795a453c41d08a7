#include "device/simulated/board_state.hpp"

#include <algorithm>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

double& clock_of(operating_clocks& clocks, knob which) {
  return which == knob::cpu ? clocks.cpu_hz : which == knob::gpu ? clocks.gpu_hz : clocks.memory_hz;
}

/// Seconds. Below this, times far from their origin are rounded: work that is this near its end has ended, or who
/// advances to end_time() would never arrive.
constexpr double time_resolution = 1e-9;

}  // namespace

board_state::board_state(const physics& model, double now)
    : model_(&model),
      now_(now),
      in_force_(model.highest()),
      stalled_until_(now),
      celsius_(model.parameters().thermal.ambient_celsius),
      rail_joules_(model.rails().size(), 0.0) {
  // Heat and leakage settle on each other within a few rounds.
  for (int round = 0; round < 8; ++round) celsius_ = model.steady_celsius(model.idle(in_force_, celsius_).input);
}

board_watts board_state::watts_now() const {
  return is_busy() ? model_->run(job_->work, in_force_, celsius_).watts : model_->idle(in_force_, celsius_);
}

void board_state::sent(double seconds) {
  const double joules = seconds * model_->parameters().radio.sending_watts;
  radio_joules_ += joules;
  for (std::size_t i = 0; i < rail_joules_.size(); ++i) {
    rail_joules_[i] += model_->rails()[i].rest * joules;
  }
}

void board_state::integrate(double seconds, const board_watts& watts) {
  for (std::size_t i = 0; i < rail_joules_.size(); ++i) rail_joules_[i] += seconds * model_->rail_watts(watts, i);
  input_joules_ += seconds * watts.input;
  celsius_ = model_->next_celsius(celsius_, watts.input, seconds);
  now_ += seconds;
}

/// A stretch in which no clock changes. Work stands still while a clock change stalls it, and may end on the way.
void board_state::pass(double seconds) {
  while (seconds > 0.0) {
    double step = seconds;
    const bool is_stalled = now_ < stalled_until_;
    if (is_stalled) step = std::min(step, stalled_until_ - now_);
    const board_watts watts = watts_now();
    if (is_busy()) {
      const double whole = model_->seconds(job_->work, in_force_);
      if (!is_stalled) {
        step = std::min(step, job_->left * whole);
        job_->left -= step / whole;
      }
      busy_seconds_ += step;
      const double end = now_ + step;
      integrate(step, watts);
      if (job_->left * whole <= time_resolution) {
        job_->ended = true;
        job_->ended_at = end;
      }
    } else {
      integrate(step, watts);
    }
    seconds -= step;
  }
}

void board_state::advance(double now) {
  while (!changes_.empty() && changes_.front().when <= now) {
    const change next = changes_.front();
    changes_.erase(changes_.begin());
    pass(next.when - now_);
    clock_of(in_force_, next.which) = next.hz;
    stalled_until_ = std::max(stalled_until_, now_ + model_->stall_seconds());
  }
  pass(now - now_);
  now_ = std::max(now_, now);  // without the rounding of the steps
}

void board_state::order(knob which, double hz) {
  // The same order again changes nothing: a real writer would not even write it.
  for (const change& one : changes_) {
    if (one.which == which && one.hz == hz) return;
  }
  std::erase_if(changes_, [&](const change& one) { return one.which == which; });
  if (in_force_[which] == hz) return;
  const change next{which, now_ + model_->settle_seconds(which), hz};
  const auto later =
      std::find_if(changes_.begin(), changes_.end(), [&](const change& one) { return one.when > next.when; });
  changes_.insert(later, next);
}

void board_state::begin(const work_cost& work) {
  if (is_busy()) {
    throw error(errc::bad_argument, "the simulated board runs one piece of work at a time; wait for the other to end");
  }
  job_ = running{.work = work};
}

double board_state::end_time() const {
  if (!job_) return now_;
  if (job_->ended) return job_->ended_at;
  return std::max(now_, stalled_until_) + job_->left * model_->seconds(job_->work, in_force_);
}

std::optional<double> board_state::next_settling() const {
  if (changes_.empty()) return std::nullopt;
  return changes_.front().when;
}

}  // namespace dvfo::device::simulated
