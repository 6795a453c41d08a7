#include "policy/environment/world.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {
namespace {

/// What the live bandwidth sensor sends to tell bandwidth from round trip.
constexpr double probe_bytes = 16'384.0;

}  // namespace

world::world(const task_physics& physics, const link_trace& link, const world_options& options)
    : physics_(&physics), link_(&link), options_(options), board_(physics.board(), 0.0), random_(options.seed) {
  if (!(options.when.mean_seconds > 0.0)) {
    throw std::invalid_argument("mean time between tasks is " + std::to_string(options.when.mean_seconds) +
                                " s, expected more than 0");
  }
  if (!(options.rtt_seconds >= 0.0)) {
    throw std::invalid_argument("round trip is " + std::to_string(options.rtt_seconds) + " s, expected at least 0");
  }
  draw_arrival();
}

void world::draw_arrival() {
  const auto exponential = [&] {
    return -options_.when.mean_seconds * std::log1p(-static_cast<double>(random_() >> 11) * 0x1.0p-53);
  };
  switch (options_.when.how) {
    case arrivals::kind::steady:
      arrival_ += options_.when.mean_seconds;
      return;
    case arrivals::kind::poisson:
      arrival_ += exponential();
      return;
    case arrivals::kind::bursts:
      if (left_in_burst_-- > 0) return;
      left_in_burst_ = options_.when.burst_size - 1;
      arrival_ += exponential() * options_.when.burst_size;
      return;
  }
}

situation world::sense() const {
  situation out;
  out.eta = options_.eta;
  out.bandwidth_bps = seen_bps_;
  out.rtt_seconds = seen_rtt_;
  if (const auto probed = probed_bps()) {
    out.bandwidth_bps = probed;
    out.rtt_seconds = options_.rtt_seconds;
  }
  out.link_up = true;
  out.previous = previous_;
  const auto& at = board_.in_force();
  out.in_force = {at.cpu_hz, at.gpu_hz, at.memory_hz};
  out.celsius = board_.celsius();
  out.waiting_tasks = std::max(0.0, now() - arrival_) / options_.when.mean_seconds;
  return out;
}

/// What the last probe showed, if there has been one since the last transfer.
std::optional<double> world::probed_bps() const {
  if (!(options_.probe_seconds > 0.0)) return std::nullopt;
  const double quiet = now() - seen_at_;
  if (seen_bps_ && quiet < options_.probe_seconds) return std::nullopt;
  const double at = seen_bps_ ? now() - std::fmod(quiet, options_.probe_seconds) : now();
  return 8.0 * probe_bytes / (link_->sent_at(at, probe_bytes) - at);
}

link_conditions world::truth() const {
  // A link that stands still for a moment is slow, not infinitely slow: what a task would meet is its average.
  const double probe = 1e3;  // bytes
  const double seconds = link_->sent_at(now(), probe) - now();
  return {.bandwidth_bps = std::max(link_->bps_at(now()), 8.0 * probe / seconds), .rtt_seconds = options_.rtt_seconds};
}

void world::next_arrival() {
  while (options_.drops_late && arrival_ < board_.now()) draw_arrival();
  if (arrival_ > board_.now()) board_.advance(arrival_);
}

void world::hold(double seconds) {
  const double joules = board_.input_joules();
  board_.advance(now() + seconds);
  held_seconds_ += seconds;
  held_joules_ += board_.input_joules() - joules;
}

void world::order(const device::clocks& clocks) {
  if (!clocks.any()) return;
  const auto wanted = physics_->board().effective(clocks);
  for (const auto which : device::all_knobs) {
    if (clocks[which]) board_.order(which, wanted[which]);
  }
}

outcome world::run(const decision& decided, situation* on_the_way) {
  outcome out;
  out.task_id = ++tasks_;
  out.decided = decided;
  const auto way = physics_->way_of(decided.share);
  const auto& terms = physics_->model().ways[way];
  out.share = terms.share;
  out.where = terms.share <= 0.0 ? ran_on::edge : terms.share >= 1.0 ? ran_on::cloud : ran_on::both;

  const double start = board_.now();
  const double joules = board_.input_joules() + board_.radio_joules();
  order(decided.clocks);
  board_.begin(physics_->front());
  // A clock that settles on the way changes when the work ends, so the end is asked for again until it stays.
  const auto finish_work = [&] {
    while (board_.is_busy()) board_.advance(std::min(board_.end_time(), board_.next_settling().value_or(1e300)));
    return board_.end_time();
  };
  const double extracted = finish_work();
  out.stages.extract = extracted - start;
  previous_ = decided;

  double local_end = extracted;
  double remote_end = extracted;
  double sent = extracted;
  if (terms.share > 0.0) {
    sent = link_->sent_at(extracted, terms.wire_up_bytes);
    remote_end = link_->sent_at(sent + terms.cloud_seconds, terms.wire_down_bytes) + options_.rtt_seconds;
    out.stages.remote_compute = terms.cloud_seconds;
    out.stages.transfer = remote_end - extracted - terms.cloud_seconds;
    out.wire_up_bytes = static_cast<std::uint64_t>(std::llround(terms.wire_up_bytes));
    out.wire_down_bytes = static_cast<std::uint64_t>(std::llround(terms.wire_down_bytes));
  }
  if (on_the_way != nullptr) *on_the_way = sense();
  if (terms.share < 1.0) {
    board_.begin(physics_->local(way));
    local_end = finish_work();
    out.stages.local = local_end - extracted;
  }
  board_.advance(std::max(local_end, remote_end));
  if (terms.share > 0.0) {
    board_.sent(sent - extracted);
    seen_rtt_ = options_.rtt_seconds;
    seen_at_ = now();
    if (sent > extracted) seen_bps_ = 8.0 * terms.wire_up_bytes / (sent - extracted);
  }
  const auto& clocks = board_.in_force();
  out.clocks = {clocks.cpu_hz, clocks.gpu_hz, clocks.memory_hz};
  out.tti = board_.now() - std::min(start - held_seconds_, arrival_);
  out.tti_serial = serial_seconds(out.stages);
  out.eti_estimated_joules = board_.input_joules() + board_.radio_joules() - joules + held_joules_;
  held_seconds_ = 0.0;
  held_joules_ = 0.0;
  draw_arrival();
  return out;
}

}  // namespace dvfo::policy
