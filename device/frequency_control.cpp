#include "device/frequency_control.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <set>
#include <stdexcept>
#include <thread>

#include "device/error.hpp"
#include "device/knob_control.hpp"
#include "device/saved_state.hpp"
#include "device/text_file.hpp"

namespace dvfo::device {
namespace {

using namespace std::chrono_literals;

/// The looks at clocks that have not settled yet: 20 ms in all. A new clock takes some 1 ms (CPU), 5 ms (GPU) or 8 ms
/// (memory) on an Orin Nano (arXiv 2606.16106).
constexpr std::array<std::chrono::microseconds, 10> pauses{500us,  500us,  1000us, 1000us, 2000us,
                                                           3000us, 2000us, 2000us, 4000us, 4000us};

/// nvpmodel keeps the power mode in force here.
constexpr std::string_view power_mode_file = "/var/lib/nvpmodel/status";

std::size_t index(knob which) { return static_cast<std::size_t>(which); }

frequency_control_options with_defaults(frequency_control_options options) {
  if (!options.sleep) options.sleep = [](std::chrono::nanoseconds duration) { std::this_thread::sleep_for(duration); };
  if (!options.now) options.now = [] { return std::chrono::steady_clock::now(); };
  return options;
}

}  // namespace

const char* to_string(apply_status status) {
  switch (status) {
    case apply_status::absent:
      return "absent";
    case apply_status::exact:
      return "exact";
    case apply_status::snapped:
      return "snapped";
    case apply_status::clamped:
      return "clamped";
    case apply_status::refused:
      return "refused";
  }
  throw std::invalid_argument("no such status");
}

applied_knob& applied_clocks::operator[](knob which) {
  return which == knob::cpu ? cpu : which == knob::gpu ? gpu : memory;
}

const applied_knob& applied_clocks::operator[](knob which) const {
  return which == knob::cpu ? cpu : which == knob::gpu ? gpu : memory;
}

clocks applied_clocks::effective() const { return {cpu.effective_hz, gpu.effective_hz, memory.effective_hz}; }

struct frequency_control::impl {
  impl(board_identity which_board, frequency_control_options given)
      : board(std::move(which_board)),
        options(with_defaults(std::move(given))),
        saved(options.state_file, board.root),
        power_mode(read_power_mode()) {
    // An earlier process's pins must be gone before the knobs read the limits as the power mode's.
    saved.restore_leftover([this](const std::string& text) { say(text); });
    knobs.reserve(all_knobs.size());
    for (const knob which : all_knobs) {
      knobs.emplace_back(which, board, saved, [this](const std::string& text) { say(text); });
    }
  }

  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  ~impl() {
    try {
      restore();
    } catch (...) {  // of the notice function; the state file is still there
    }
  }

  void say(const std::string& text) {
    if (said.insert(text).second && options.warn) options.warn(text);
  }

  [[nodiscard]] std::string read_power_mode() const {
    return read_text(below(board.root, power_mode_file)).value.value_or("");
  }

  void follow_power_mode() {
    std::string mode = read_power_mode();
    if (mode.empty() || mode == power_mode) return;
    power_mode = std::move(mode);
    for (knob_control& one : knobs) one.adopt_power_mode();
    if (const std::string problem = saved.flush(); !problem.empty()) say(problem);
  }

  void restore() {
    saved.put_back([this](const std::string& text) { say(text); });
    for (knob_control& one : knobs) one.forget();
  }

  applied_clocks apply(const clocks& order);

  board_identity board;
  frequency_control_options options;
  saved_state saved;
  std::set<std::string> said;
  std::string power_mode;
  std::vector<knob_control> knobs;  // one each of all_knobs, in that order
};

applied_clocks frequency_control::impl::apply(const clocks& order) {
  for (const knob which : all_knobs) {
    if (order[which] && !(std::isfinite(*order[which]) && *order[which] > 0.0)) {
      throw error(errc::bad_argument,
                  fmt::format("a {} clock of {} Hz was ordered; expected a finite frequency above 0", to_string(which),
                              *order[which]));
    }
  }
  follow_power_mode();
  std::array<std::chrono::steady_clock::time_point, all_knobs.size()> start;
  std::array<double, all_knobs.size()> seconds{};
  std::set<knob> open;
  for (const knob which : all_knobs) {
    if (!order[which]) continue;
    start.at(index(which)) = options.now();
    knobs.at(index(which)).begin(*order[which]);
    if (knobs.at(index(which)).may_settle()) open.insert(which);
  }
  const auto look = [&] {
    std::erase_if(open, [&](knob which) {
      const auto past = options.now() - start.at(index(which));
      seconds.at(index(which)) = std::chrono::duration<double>(past).count();
      return knobs.at(index(which)).is_settled_after(past);
    });
  };
  look();
  for (const auto pause : pauses) {
    if (open.empty()) break;
    options.sleep(pause);
    look();
  }
  applied_clocks result;
  for (const knob which : all_knobs) {
    if (order[which]) result[which] = knobs.at(index(which)).finish(seconds.at(index(which)));
  }
  return result;
}

frequency_control::frequency_control(board_identity board, frequency_control_options options)
    : impl_(std::make_unique<impl>(std::move(board), std::move(options))) {}

frequency_control::~frequency_control() = default;
frequency_control::frequency_control(frequency_control&&) noexcept = default;
frequency_control& frequency_control::operator=(frequency_control&&) noexcept = default;

const board_identity& frequency_control::board() const { return impl_->board; }

const knob_capability& frequency_control::capability(knob which) const {
  return impl_->knobs.at(index(which)).capability();
}

clocks frequency_control::current() {
  clocks now;
  for (const knob which : all_knobs) now[which] = impl_->knobs.at(index(which)).current_hz();
  return now;
}

applied_clocks frequency_control::apply(const clocks& order) { return impl_->apply(order); }

void frequency_control::restore() { impl_->restore(); }

}  // namespace dvfo::device
