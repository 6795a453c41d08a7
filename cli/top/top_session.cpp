#include "cli/top/top_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "device/knob_survey.hpp"

namespace dvfo::cli {
namespace {

std::string title_of(const device::board_identity& board) {
  const auto& profile = *board.profile;
  return board.jetpack == 0 ? fmt::format("{} ({})", profile.title, profile.name)
                            : fmt::format("{} ({}, JetPack {})", profile.title, profile.name, board.jetpack);
}

std::vector<top_clock> ranges_of(const device::board_identity& board) {
  std::vector<top_clock> result;
  const auto survey = device::survey_knobs(board);
  for (const auto which : device::all_knobs) {
    const auto& can = survey.at(static_cast<std::size_t>(which));
    top_clock clock{.name = device::to_string(which)};
    if (!can.points.empty()) {
      clock.lowest_hz = can.points.front();
      clock.highest_hz = can.cap_hz.value_or(can.points.back());
    }
    result.push_back(std::move(clock));
  }
  return result;
}

std::vector<top_share> shares_of(const device::telemetry& seen) {
  std::vector<top_share> result;
  const auto add = [&](const char* name, const std::optional<double>& share) {
    if (share) result.push_back({name, *share});
  };
  add("cpu", seen.cpu_utilisation);
  add("gpu", seen.gpu_utilisation);
  add("memory", seen.memory_utilisation);
  return result;
}

}  // namespace

top_session::top_session(device::board_identity board, top_options options, time_point now)
    : board_(std::move(board)),
      options_(std::move(options)),
      sensors_(board_),
      ranges_(ranges_of(board_)),
      start_(now) {
  const double native = sensors_.update_interval_seconds();
  interval_ = std::max(options_.interval_seconds, native);
  if (interval_ > options_.interval_seconds) {
    note_ = fmt::format("the interval was raised from {:.3g} s: the sensor has a new value every {:.3g} s only",
                        options_.interval_seconds, native);
  }
  // A terminal that was stopped or a machine that slept leaves a gap: three looks without power are unknown power.
  account_.emplace(3.0 * interval_, device::highest_watts(*board_.profile));
  if (options_.own_seconds) own_at_start_ = options_.own_seconds();
  if (!options_.follow.empty()) {
    tasks_ = std::make_unique<task_follower>(options_.follow);
    tasks_->look(now);
  }
  const auto seen = sensors_.read(now);
  account_->on_power(now, seen.total_watts, seen.total_joules, seen.counted_since);
}

std::vector<top_clock> top_session::clocks_of(const device::clocks& now) const {
  std::vector<top_clock> result;
  for (const auto which : device::all_knobs) {
    auto clock = ranges_.at(static_cast<std::size_t>(which));
    clock.now_hz = now[which];
    if (clock.now_hz || clock.lowest_hz) result.push_back(std::move(clock));
  }
  return result;
}

void top_session::note_rails(const device::telemetry& seen) {
  for (auto& rail : rails_) rail.watts.reset();
  const auto status = sensors_.status();
  for (const auto& reading : seen.rails) {
    auto known =
        std::find_if(rails_.begin(), rails_.end(), [&](const top_rail& rail) { return rail.name == reading.name; });
    if (known == rails_.end()) known = rails_.insert(known, {.name = reading.name});
    known->watts = reading.watts;
    if (reading.watts) known->since_start.add(*reading.watts);
    known->is_total = std::any_of(status.begin(), status.end(), [&](const device::sensor_status& one) {
      return one.kind == device::sensor_kind::power && one.name == reading.name && one.is_total;
    });
  }
}

void top_session::note_power(const device::telemetry& seen, top_view& to) {
  note_rails(seen);
  to.rails = rails_;
  account_->on_power(seen.when, seen.total_watts, seen.total_joules, seen.counted_since);
  to.joules = account_->total_joules(seen.when);
  to.unmeasured_seconds = account_->unmeasured_seconds();
  if (sensors_.total_source().empty() && total_.since_start.count() == 0) return;
  total_.name = sensors_.total_source();
  total_.is_total = true;
  total_.watts = seen.total_watts;
  if (seen.total_watts) total_.since_start.add(*seen.total_watts);
  to.total = total_;
}

top_view top_session::look(time_point now) {
  const auto seen = sensors_.read(now);
  top_view view;
  view.board = title_of(board_);
  view.elapsed_seconds = std::chrono::duration<double>(now - start_).count();
  view.interval_seconds = interval_;
  view.clocks = clocks_of(seen.now);
  view.utilisation = shares_of(seen);
  note_power(seen, view);
  for (const auto& one : seen.temperatures) view.temperatures.push_back({one.zone, one.celsius});
  if (tasks_) view.tasks = tasks_->look(now);
  if (options_.own_seconds && view.elapsed_seconds > 0.0) {
    view.own_share = (options_.own_seconds() - own_at_start_) / view.elapsed_seconds;
  }
  if (!note_.empty()) view.notes.push_back(note_);
  return view;
}

void watch(top_session& session, std::uint64_t count, const std::function<device::time_point()>& now,
           const std::function<bool(device::time_point)>& wait, const std::function<bool(const top_view&)>& show) {
  const auto step = std::chrono::duration_cast<device::time_point::duration>(session.interval());
  auto next = now() + step;
  for (std::uint64_t done = 0; count == 0 || done < count; ++done) {
    if (!wait(next) || !show(session.look(now()))) return;
    next = std::max(next + step, now());
  }
}

}  // namespace dvfo::cli
