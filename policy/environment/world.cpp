#include "policy/environment/world.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "link/probing.hpp"

namespace dvfo::policy {
namespace {

/// What the live bandwidth sensor sends to tell bandwidth from round trip.
constexpr auto probe_bytes = static_cast<double>(link::probing::padding_bytes);

}  // namespace

namespace sim = device::simulated;

world::world(const task_physics& physics, const link::trace& link, const world_options& options)
    : physics_(&physics),
      link_(&link),
      options_(options),
      board_(physics.board(), 0.0),
      random_(options.seed),
      estimate_(options.shows_last_transfer ? link::estimator(1.0) : link::estimator()),
      next_probe_(options.probe_seconds > 0.0 ? 0.0 : std::numeric_limits<double>::infinity()) {
  const bool is_on_demand = options.when.how == arrivals::kind::on_demand;
  if (!(options.when.mean_seconds > 0.0 || (is_on_demand && options.when.mean_seconds == 0.0))) {
    throw std::invalid_argument("mean time between tasks is " + std::to_string(options.when.mean_seconds) +
                                " s, expected more than 0");
  }
  if (!(options.rtt_seconds >= 0.0)) {
    throw std::invalid_argument("round trip is " + std::to_string(options.rtt_seconds) + " s, expected at least 0");
  }
  if (options.governs_by_load) governor_.emplace(physics.board(), 0.0);
  probe_until(0.0);
  fetch_arrival();
}

double world::drawn_after(double arrival) {
  const auto exponential = [&] {
    return -options_.when.mean_seconds * std::log1p(-static_cast<double>(random_() >> 11) * 0x1.0p-53);
  };
  switch (options_.when.how) {
    case arrivals::kind::steady:
    case arrivals::kind::on_demand:
      return arrival + options_.when.mean_seconds;
    case arrivals::kind::poisson:
      return arrival + exponential();
    case arrivals::kind::bursts:
      if (left_in_burst_-- > 0) return arrival;
      left_in_burst_ = options_.when.burst_size - 1;
      return arrival + exponential() * options_.when.burst_size;
  }
  return arrival;
}

/// The next task's arrival; those behind it are drawn ahead, so that an oracle can look.
void world::fetch_arrival() {
  if (options_.when.how == arrivals::kind::on_demand) {
    arrival_ = drawn_after(board_.now());
    return;
  }
  while (later_.size() <= horizon) later_.push_back(drawn_after(later_.empty() ? arrival_ : later_.back()));
  arrival_ = later_.front();
  later_.pop_front();
}

situation world::sense() const {
  situation out;
  out.eta = options_.eta;
  out.bandwidth_bps = estimate_.bandwidth_bps();
  if (out.bandwidth_bps) out.rtt_seconds = options_.rtt_seconds;
  out.link_up = true;
  out.previous = previous_;
  const auto& at = board_.in_force();
  out.in_force = {at.cpu_hz, at.gpu_hz, at.memory_hz};
  out.celsius = board_.celsius();
  if (options_.when.mean_seconds > 0.0) {
    out.waiting_tasks = std::max(0.0, now() - arrival_) / options_.when.mean_seconds;
  }
  return out;
}

void world::probe_until(double now) {
  for (; next_probe_ <= now; next_probe_ += options_.probe_seconds) probe(next_probe_);
}

/// A small hello and a large one, as the live bandwidth sensor sends them; what they cost is left out.
void world::probe(double at) {
  learn_round_trip(at);
  estimate_.observe(static_cast<std::uint64_t>(probe_bytes),
                    link_->sent_at(at, probe_bytes) - at + options_.rtt_seconds, at);
}

/// Round trips stand still here, so that small hellos would always show the same.
void world::learn_round_trip(double at) { estimate_.observe(1, options_.rtt_seconds, at); }

link_conditions world::truth() const {
  // A link that stands still for a moment is slow, not infinitely slow: what a task would meet is its average.
  const double probe = 1e3;  // bytes
  const double seconds = link_->sent_at(now(), probe) - now();
  return {.bandwidth_bps = std::max(link_->bps_at(now()), 8.0 * probe / seconds), .rtt_seconds = options_.rtt_seconds};
}

void world::next_arrival() {
  while (options_.drops_late && arrival_ < board_.now()) fetch_arrival();
  if (arrival_ > board_.now()) advance(arrival_);
}

const std::deque<double>* world::later_arrivals() const {
  return options_.drops_late || options_.when.how == arrivals::kind::on_demand ? nullptr : &later_;
}

/// Board and governor together.
void world::advance(double now) {
  const auto pass = [&](double until) {
    const double busy = board_.busy_seconds();
    const double before = board_.now();
    const auto at = board_.in_force();
    board_.advance(until);
    if (governor_) {
      governor_->account(board_.now() - before, board_.busy_seconds() - busy,
                         work_ != nullptr ? *work_ : physics_->front(), at);
    }
  };
  while (governor_ && governor_->next_seconds() <= now) {
    pass(governor_->next_seconds());
    govern(governor_->orders(board_.now(), board_.in_force()));
  }
  pass(now);
  probe_until(now);
}

/// Orders what the governor wants of the knobs that are its own.
void world::govern(const device::clocks& clocks) {
  for (const auto which : device::all_knobs) {
    if (clocks[which] && !ordered_[which]) board_.order(which, *clocks[which]);
  }
}

/// Runs a piece of work to its end. A clock that settles on the way changes when it ends, so the end is asked for again
/// until it stays.
double world::finish(const sim::work_cost& work) {
  // What asks for nothing never begins: the board ends work only as time passes, and none would.
  if (!(physics_->board().seconds(work, board_.in_force()) > 0.0)) return board_.now();
  board_.begin(work);
  work_ = &work;
  while (board_.is_busy()) {
    const double settled = board_.next_settling().value_or(board_.end_time());
    const double governed = governor_ ? governor_->next_seconds() : board_.end_time();
    advance(std::min({board_.end_time(), settled, governed}));
  }
  return board_.end_time();
}

void world::hold(double seconds) {
  const double joules = board_.input_joules();
  advance(now() + seconds);
  held_seconds_ += seconds;
  held_joules_ += board_.input_joules() - joules;
}

void world::order(const device::clocks& clocks) {
  ordered_ = clocks;
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
  const auto way = physics_->way_of(decided);
  const auto& terms = physics_->terms(way);
  out.share = terms.share;
  out.where = terms.share <= 0.0 ? ran_on::edge : terms.share >= 1.0 ? ran_on::cloud : ran_on::both;

  const double start = board_.now();
  const double joules = board_.input_joules() + board_.radio_joules();
  order(decided.clocks);
  const double extracted = finish(physics_->front(way));
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
    local_end = finish(physics_->local(way));
    out.stages.local = local_end - extracted;
  }
  advance(std::max(local_end, remote_end));
  if (terms.share > 0.0) {
    board_.sent(sent - extracted);
    learn_round_trip(now());
    estimate_.observe(out.wire_up_bytes + out.wire_down_bytes, out.stages.transfer, now());
    if (options_.probe_seconds > 0.0) next_probe_ = now() + options_.probe_seconds;
  }
  const auto& clocks = board_.in_force();
  out.clocks = {clocks.cpu_hz, clocks.gpu_hz, clocks.memory_hz};
  out.tti = board_.now() - std::min(start - held_seconds_, arrival_);
  out.tti_serial = serial_seconds(out.stages);
  out.eti_estimated_joules = board_.input_joules() + board_.radio_joules() - joules + held_joules_;
  held_seconds_ = 0.0;
  held_joules_ = 0.0;
  fetch_arrival();
  return out;
}

}  // namespace dvfo::policy
