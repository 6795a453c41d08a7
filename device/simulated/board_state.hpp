#pragma once

#include <optional>
#include <vector>

#include "device/simulated/physics.hpp"

namespace dvfo::device::simulated {

/// What a simulated board is doing: clocks that settle, one piece of work, heat, energy. It moves only in advance() and
/// has no clock, thread or file of its own: the live board drives it by the wall clock, tests by hand. Times are
/// seconds from any origin, never descending. Not thread-safe.
class board_state {
 public:
  /// A board at rest at its highest clocks, as warm as that makes it. `model` must outlive it.
  board_state(const physics& model, double now);

  /// Lets the world go on until `now`: clocks settle, work progresses, heat and energy add up.
  void advance(double now);

  /// Orders a clock (one of the board's operating points) as of the last advance(). It is in force settle_seconds
  /// later; a second order before that replaces the first.
  void order(knob which, double hz);

  /// Starts a piece of work as of the last advance(). One at a time: throws error(bad_argument) while another runs.
  void begin(const work_cost& work);

  /// When the work begun last ends if no clock changes any more; or when it ended.
  [[nodiscard]] double end_time() const;
  [[nodiscard]] bool is_busy() const { return job_ && !job_->ended; }

  /// The radio has been sending for `seconds` up to the last advance(): told afterwards, because only the
  /// acknowledgement shows how long it took. Its energy is in the rails that carry what no part of the board takes.
  void sent(double seconds);

  /// When the next clock settles, if one is on its way.
  [[nodiscard]] std::optional<double> next_settling() const;

  [[nodiscard]] double now() const { return now_; }
  [[nodiscard]] const operating_clocks& in_force() const { return in_force_; }
  [[nodiscard]] double celsius() const { return celsius_; }
  /// Since the start: the board's input, and the radio on top of it.
  [[nodiscard]] double input_joules() const { return input_joules_; }
  [[nodiscard]] double radio_joules() const { return radio_joules_; }
  /// Since the start, by rail in the order of physics::rails().
  [[nodiscard]] const std::vector<double>& rail_joules() const { return rail_joules_; }
  /// Seconds since the start in which work ran.
  [[nodiscard]] double busy_seconds() const { return busy_seconds_; }

 private:
  struct change {
    knob which;
    double when;
    double hz;
  };
  struct running {
    work_cost work;
    double left = 1.0;  // share of the work
    double ended_at = 0.0;
    bool ended = false;
  };

  void pass(double seconds);
  void integrate(double seconds, const board_watts& watts);
  [[nodiscard]] board_watts watts_now() const;

  const physics* model_;
  double now_;
  operating_clocks in_force_;
  std::vector<change> changes_;
  double stalled_until_;
  std::optional<running> job_;
  double celsius_;
  double input_joules_ = 0.0;
  double radio_joules_ = 0.0;
  double busy_seconds_ = 0.0;
  std::vector<double> rail_joules_;
};

}  // namespace dvfo::device::simulated
