#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "device/clock_unit.hpp"
#include "device/frequency_control.hpp"
#include "device/saved_state.hpp"

namespace dvfo::device {

/// Receives a text once for each different text.
using notice_once = std::function<void(const std::string&)>;

/// One knob of a board over time: takes an order in three steps (begin, is_settled, finish), so that several knobs
/// settle together. Counts failures and drops itself. Not thread-safe.
class knob_control {
 public:
  /// `board` and `saved` outlive it.
  knob_control(knob which, const board_identity& board, saved_state& saved, notice_once say);

  [[nodiscard]] const knob_capability& capability() const { return found_.capability; }

  /// The highest of all units; absent if none can be read.
  [[nodiscard]] std::optional<double> current_hz() const;

  /// Pins every unit that does not stand as ordered; saves first what it will change.
  void begin(double hz);

  /// Whether there is anything to wait for: something was written that did not end in vain last time.
  [[nodiscard]] bool may_settle() const { return has_written_ && !is_stuck_; }

  /// Whether every unit reads as ordered, and has done so long enough, this long after begin().
  [[nodiscard]] bool is_settled_after(std::chrono::nanoseconds past) const;

  /// How the order went, by what reads back now.
  applied_knob finish(double settle_seconds);

  /// nvpmodel changed the power mode: limits that were rewritten are its own and are what is put back in the end.
  void adopt_power_mode();

  /// The files were put back; the next order saves anew.
  void forget() { pinned_.clear(); }

 private:
  struct target {
    clock_unit* unit;
    double goal;   // the operating point nearest to the order
    double limit;  // the same below the cap
  };
  [[nodiscard]] std::vector<target> aim(double hz);
  bool save(const std::vector<target>& targets);
  void refresh();
  void fail(const file_failure& failure);
  void fail(const std::string& why);
  /// How one unit stands, all of it read in one look: a clock moves between two.
  struct look {
    const target* at;
    bool is_pinned;            // as ordered, by its limits
    std::optional<double> hz;  // the clock in force, or what the limits hold it at
    bool is_settled;
  };
  [[nodiscard]] look look_at(const target& one) const;
  [[nodiscard]] std::vector<look> look_at_all() const;
  static std::optional<double> highest_of(const std::vector<look>& units);
  void say_if_clamped();

  knob which_;
  const board_identity& board_;
  saved_state& saved_;
  notice_once say_;
  found_knob found_;
  std::map<std::string, double> pinned_;  // units whose state is saved, and where they were pinned last

  double asked_hz_ = 0.0;
  std::vector<target> targets_;
  bool has_written_ = false;
  bool has_failed_ = false;
  bool is_stuck_ = false;  // the last order was the same and did not come into force
  bool was_stuck_ = false;
  std::optional<double> stuck_at_hz_;  // where it was before this order was written again
  bool clamp_is_said_ = false;
  int failures_ = 0;
};

}  // namespace dvfo::device
