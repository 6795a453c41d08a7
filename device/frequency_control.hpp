#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/clocks.hpp"
#include "device/identity.hpp"

namespace dvfo::device {

/// What one knob can do here.
struct knob_capability {
  bool is_present = false;
  bool is_writable = false;
  std::vector<double> points;    ///< operating points in hertz, ascending; empty unless present
  std::optional<double> cap_hz;  ///< upper limit that nvpmodel or the firmware sets now
  std::string where;             ///< the files, for people
  std::string reason;            ///< why it is not present or not writable; empty if both
  std::string remedy;            ///< what to do about it; empty if nothing
};

/// How a knob took an order.
enum class apply_status : std::uint8_t {
  absent = 0,    ///< no such knob, or none ordered
  exact = 10,    ///< the ordered frequency is in force
  snapped = 20,  ///< the nearest operating point is in force
  clamped = 30,  ///< a cap or another client of the kernel holds it elsewhere
  refused = 40,  ///< the write failed; the old frequency stays
};

/// "absent", "exact", "snapped", "clamped" or "refused".
const char* to_string(apply_status status);

struct applied_knob {
  apply_status status = apply_status::absent;
  std::optional<double> asked_hz;
  std::optional<double> effective_hz;  ///< as read back; absent if it cannot be read
  double settle_seconds = 0.0;         ///< from the first write until the clock read back as ordered; 0: not written
};

struct applied_clocks {
  applied_knob cpu, gpu, memory;
  [[nodiscard]] applied_knob& operator[](knob which);
  [[nodiscard]] const applied_knob& operator[](knob which) const;
  [[nodiscard]] clocks effective() const;
};

struct frequency_control_options {
  /// Where the limits and locks found before the first order are kept, so that the next start can restore them after
  /// kill -9 (after power loss the kernel itself has started afresh, which the file's boot id tells). Empty: not kept.
  /// Written before the first order takes effect.
  std::filesystem::path state_file;
  notice warn;  ///< may be empty

  /// The wait for a clock to settle, and the clock that times it. Empty: the thread sleeps, the steady clock.
  std::function<void(std::chrono::nanoseconds)> sleep;
  std::function<std::chrono::steady_clock::time_point()> now;
};

/// Sets the clocks of one board and puts everything back. Not thread-safe; every call may block for some milliseconds
/// (sysfs). Only one process may hold it for a board: the state file is locked (error(io) if another has it).
///
/// A range is pinned by min = table minimum, max = target, min = target (min ≤ max at every step) under whatever
/// governor is in force; the governor is never changed (why: range_unit in clock_unit.hpp). Memory: lock, rate, verify.
/// The limits that stood at the first order are the power mode's: an order above them is clamped, because they guard
/// the board's supply; `nvpmodel -m` widens them, also while this object lives. What nvpmodel or thermal QoS overwrote
/// since is written again by the next apply(), which checks by reading even when the order did not change and writes
/// nothing when nothing changed.
class frequency_control {
 public:
  /// Finds the knobs below board.root. A state file that an earlier process left is restored first and said in a
  /// notice. Throws error(io) only for a state file that cannot be written or is held by another process.
  explicit frequency_control(board_identity board, frequency_control_options options = {});

  /// Restores.
  ~frequency_control();
  frequency_control(frequency_control&&) noexcept;
  frequency_control& operator=(frequency_control&&) noexcept;

  [[nodiscard]] const board_identity& board() const;

  /// Present, writable, range. A knob that failed for good since start is no longer present.
  [[nodiscard]] const knob_capability& capability(knob which) const;

  /// The clocks in force now, as the kernel reports them; absent what cannot be read. CPU: the highest of all policies.
  [[nodiscard]] clocks current();

  /// Sets what the order names, leaves the rest. Never throws for a knob that fails: that is `refused`, noticed once,
  /// and after three failures in a row the knob is dropped. Waits for the clocks to read back, at most 20 ms for all;
  /// where one file takes the memory's order and shows its clock, 10 ms pass before that is believed.
  /// Throws error(bad_argument) for a frequency that is not finite and positive.
  applied_clocks apply(const clocks& order);

  /// Puts limits, power switches and locks back as they were before the first apply(); removes the state file.
  void restore();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::device
