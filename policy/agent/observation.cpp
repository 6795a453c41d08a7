#include "policy/agent/observation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace dvfo::policy {
namespace {

namespace sim = device::simulated;

constexpr std::array<double, 4> offloaded_shares = {0.25, 0.5, 0.75, 1.0};

float to_float(double value) { return static_cast<float>(value); }

/// The logarithm of a ratio in steps of e²; ratios from 1e-6 to 1e6 stay within ±7.
float log_ratio(double value, double base) { return to_float(0.5 * std::log(std::clamp(value / base, 1e-6, 1e6))); }

void refuse(const char* what, double value, const char* expected) {
  throw std::invalid_argument(std::string(what) + " is " + std::to_string(value) + ", expected " + expected);
}

void check(const situation& now) {
  const auto is_at_least_0 = [](double value) { return std::isfinite(value) && value >= 0.0; };
  if (!(now.eta >= 0.0 && now.eta <= 1.0)) refuse("eta", now.eta, "0 to 1");
  if (now.lambda && !(*now.lambda >= 0.0 && *now.lambda <= 1.0)) refuse("lambda", *now.lambda, "0 to 1");
  if (now.bandwidth_bps && !is_at_least_0(*now.bandwidth_bps)) {
    refuse("bandwidth_bps", *now.bandwidth_bps, "bits per second, at least 0");
  }
  if (now.rtt_seconds && !is_at_least_0(*now.rtt_seconds)) {
    refuse("rtt_seconds", *now.rtt_seconds, "seconds, at least 0");
  }
  if (now.celsius && !(*now.celsius > -100.0 && *now.celsius < 200.0)) {
    refuse("celsius", *now.celsius, "a temperature of a board");
  }
  if (!is_at_least_0(now.waiting_tasks)) refuse("waiting_tasks", now.waiting_tasks, "a number of tasks");
  if (!is_at_least_0(now.thinking_share)) refuse("thinking_share", now.thinking_share, "t_AS/H, at least 0");
  for (const float weight : now.importance) {
    if (!is_at_least_0(static_cast<double>(weight))) refuse("importance", static_cast<double>(weight), "at least 0");
  }
  for (const auto* clocks : {&now.previous.clocks, &now.in_force}) {
    for (const auto which : device::all_knobs) {
      const auto& hz = (*clocks)[which];
      if (hz && !is_at_least_0(*hz)) refuse(device::to_string(which), *hz, "hertz, at least 0");
    }
  }
  if (!(now.previous.share >= 0.0 && now.previous.share <= 1.0)) refuse("share", now.previous.share, "0 to 1");
}

/// Part of the importance that stays on the edge when the least important channels leave.
double kept_mass(std::vector<float> importance, double share) {
  if (importance.empty()) return 1.0 - share;
  std::sort(importance.begin(), importance.end(), std::greater<>());
  const auto kept = static_cast<std::ptrdiff_t>(std::lround((1.0 - share) * static_cast<double>(importance.size())));
  const double sum = std::accumulate(importance.begin(), importance.end(), 0.0);
  return sum > 0.0 ? std::accumulate(importance.begin(), importance.begin() + kept, 0.0) / sum : 1.0 - share;
}

sim::operating_clocks with_lowest(const sim::physics& board, device::knob which) {
  auto at = board.highest();
  const auto low = board.lowest();
  if (which == device::knob::cpu) at.cpu_hz = low.cpu_hz;
  if (which == device::knob::gpu) at.gpu_hz = low.gpu_hz;
  if (which == device::knob::memory) at.memory_hz = low.memory_hz;
  return at;
}

sim::operating_clocks middle_of(const sim::physics& board) {
  const auto middle = [&](device::knob which) {
    const auto& points = board.points(which);
    return points[points.size() / 2];
  };
  return {middle(device::knob::cpu), middle(device::knob::gpu), middle(device::knob::memory)};
}

double cost_of(const prediction& expected, double eta, double max_power_watts) {
  return eta * expected.eti_joules + (1.0 - eta) * max_power_watts * expected.tti_seconds;
}

const std::vector<std::string> sensed_names = {"eta",
                                               "lambda",
                                               "link_up",
                                               "link_known",
                                               "bandwidth",
                                               "rtt",
                                               "kept_at_0.25",
                                               "kept_at_0.5",
                                               "kept_at_0.75",
                                               "previous_cpu",
                                               "previous_gpu",
                                               "previous_memory",
                                               "previous_share",
                                               "to_go_cpu",
                                               "to_go_gpu",
                                               "to_go_memory",
                                               "thinking_share",
                                               "temperature",
                                               "waiting_tasks",
                                               "remote_at_0.25",
                                               "remote_at_0.5",
                                               "remote_at_0.75",
                                               "remote_at_1",
                                               "cost_high_0",
                                               "cost_high_0.25",
                                               "cost_high_0.5",
                                               "cost_high_0.75",
                                               "cost_high_1",
                                               "cost_middle_0",
                                               "cost_middle_0.25",
                                               "cost_middle_0.5",
                                               "cost_middle_0.75",
                                               "cost_middle_1"};

const std::vector<std::string> fixed_names = {"edge_seconds",
                                              "front_gpu",
                                              "front_memory",
                                              "front_cpu",
                                              "local_gpu",
                                              "local_memory",
                                              "local_cpu",
                                              "local_at_0.25",
                                              "local_at_0.5",
                                              "local_at_0.75",
                                              "cloud_seconds",
                                              "wire_bytes",
                                              "idle_high",
                                              "idle_low",
                                              "busy_high",
                                              "busy_low",
                                              "radio",
                                              "slower_low_cpu",
                                              "slower_low_gpu",
                                              "slower_low_memory",
                                              "idle_low_cpu",
                                              "idle_low_gpu",
                                              "idle_low_memory",
                                              "busy_low_cpu",
                                              "busy_low_gpu",
                                              "busy_low_memory",
                                              "front_slower_low_cpu",
                                              "front_slower_low_gpu",
                                              "front_slower_low_memory"};

}  // namespace

observer::observer(const task_physics& physics, action_grid grid, double max_power_watts)
    : physics_(&physics),
      grid_(std::move(grid)),
      max_power_watts_(max_power_watts),
      highest_(physics.board().highest()),
      middle_(middle_of(physics.board())),
      edge_seconds_(physics.board().seconds(physics.front(), highest_) +
                    physics.board().seconds(physics.local(0), highest_)) {
  describe(fixed_);
  if (fixed_.size() != fixed_names.size()) throw std::logic_error("the observer's names and figures differ in number");
}

int observer::size() { return static_cast<int>(sensed_names.size() + fixed_names.size()); }

std::vector<std::string> observer::names() {
  auto out = sensed_names;
  out.insert(out.end(), fixed_names.begin(), fixed_names.end());
  return out;
}

void observer::describe(std::vector<float>& out) const {
  const auto& board = physics_->board();
  const auto& front = physics_->front();
  const auto& local = physics_->local(0);
  const auto lowest = board.lowest();
  out.push_back(log_ratio(edge_seconds_, 0.1));
  for (const auto* work : {&front, &local}) {
    out.push_back(to_float(work->gpu_cycles / highest_.gpu_hz / edge_seconds_));
    out.push_back(to_float(work->memory_clocks / highest_.memory_hz / edge_seconds_));
    out.push_back(to_float(work->cpu_cycles / highest_.cpu_hz / edge_seconds_));
  }
  for (const double share : {0.25, 0.5, 0.75}) {
    out.push_back(log_ratio(board.seconds(physics_->local(physics_->way_of(share)), highest_), edge_seconds_));
  }
  const auto& whole = physics_->model().ways.back();
  out.push_back(log_ratio(whole.cloud_seconds, edge_seconds_));
  out.push_back(log_ratio(whole.wire_up_bytes, 1e4));
  const auto watts = [&](const sim::operating_clocks& at, bool is_busy) {
    const auto found = is_busy ? board.run(local, at, usual_celsius).watts : board.idle(at, usual_celsius);
    return log_ratio(found.input, max_power_watts_);
  };
  for (const bool is_busy : {false, true}) {
    out.push_back(watts(highest_, is_busy));
    out.push_back(watts(lowest, is_busy));
  }
  out.push_back(to_float(board.parameters().radio.sending_watts / max_power_watts_));
  const auto slower = [&](const sim::work_cost& work, device::knob which) {
    return log_ratio(board.seconds(work, with_lowest(board, which)), board.seconds(work, highest_));
  };
  for (const auto which : device::all_knobs) out.push_back(slower(local, which));
  for (const bool is_busy : {false, true}) {
    for (const auto which : device::all_knobs) out.push_back(watts(with_lowest(board, which), is_busy));
  }
  for (const auto which : device::all_knobs) out.push_back(slower(front, which));
}

void observer::write(const situation& now, std::span<float> out) const {
  check(now);
  const bool is_known = now.link_up && now.bandwidth_bps && *now.bandwidth_bps > 0.0 && now.rtt_seconds;
  const link_conditions link =
      is_known ? link_conditions{.bandwidth_bps = *now.bandwidth_bps, .rtt_seconds = *now.rtt_seconds} : unknown_link;
  const double celsius = now.celsius.value_or(usual_celsius);
  auto next = out.begin();
  const auto put = [&](float value) { *next++ = value; };
  put(to_float(now.eta));
  put(to_float(now.lambda.value_or(0.5)));
  put(now.link_up ? 1.0F : 0.0F);
  put(is_known ? 1.0F : 0.0F);
  put(log_ratio(link.bandwidth_bps, 5e6));
  put(log_ratio(std::max(link.rtt_seconds, 1e-4), 1e-2));
  for (const double share : {0.25, 0.5, 0.75}) put(to_float(kept_mass(now.importance, share)));
  const auto previous = grid_.to_ranks(now.previous.clocks, now.previous.share);
  for (const float rank : previous) put(rank);
  const auto in_force = grid_.to_ranks(now.in_force.any() ? now.in_force : now.previous.clocks, 0.0);
  for (std::size_t knob = 0; knob < share_knob; ++knob) put(previous[knob] - in_force[knob]);
  put(to_float(std::min(now.thinking_share, 2.0)));
  put(to_float((celsius - usual_celsius) / 30.0));
  put(to_float(std::log1p(std::min(now.waiting_tasks, 1e3))));
  std::array<std::size_t, 5> ways{};
  for (std::size_t i = 0; i < offloaded_shares.size(); ++i) ways[i + 1] = physics_->way_of(offloaded_shares[i]);
  std::array<double, 5> high{};
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const auto expected = physics_->predict(highest_, celsius, ways[i], link);
    high[i] = cost_of(expected, now.eta, max_power_watts_);
    if (i > 0) put(log_ratio(expected.remote_seconds, edge_seconds_));
  }
  const double scale = max_power_watts_ * edge_seconds_;
  put(log_ratio(high[0], scale));
  for (std::size_t i = 1; i < ways.size(); ++i) put(log_ratio(high[i], high[0]));
  for (const auto way : ways) {
    put(log_ratio(cost_of(physics_->predict(middle_, celsius, way, link), now.eta, max_power_watts_), high[0]));
  }
  std::copy(fixed_.begin(), fixed_.end(), next);
}

double observer::reference_cost(double eta, const link_conditions& link, double celsius) const {
  double least = 1e300;
  for (std::size_t way = 0; way < physics_->model().ways.size(); ++way) {
    for (const auto& at : {highest_, middle_}) {
      least = std::min(least, cost_of(physics_->predict(at, celsius, way, link), eta, max_power_watts_));
    }
  }
  return least;
}

}  // namespace dvfo::policy
