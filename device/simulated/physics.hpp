#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/clocks.hpp"
#include "device/simulated/board_parameters.hpp"
#include "device/workload.hpp"

namespace dvfo::device::simulated {

/// The three clocks in force; unlike an order, every one is known and positive.
struct operating_clocks {
  double cpu_hz = 0.0;
  double gpu_hz = 0.0;
  double memory_hz = 0.0;
  [[nodiscard]] double operator[](knob which) const {
    return which == knob::cpu ? cpu_hz : which == knob::gpu ? gpu_hz : memory_hz;
  }
  friend bool operator==(const operating_clocks&, const operating_clocks&) = default;
};

/// What one piece of work asks of this board. Made once by physics::cost_of, used at many clocks.
struct work_cost {
  double flops = 0.0;
  double gpu_cycles = 0.0;
  double memory_clocks = 0.0;
  double cpu_cycles = 0.0;
  double norm = 3.0;
  origin how = origin::derived;  ///< of the time; the power has its own origin
};

/// Watts by part of the board; input_watts is the whole board. Rails are mixes of these.
struct board_watts {
  double gpu = 0.0;
  double cpu = 0.0;
  double soc = 0.0;
  double memory = 0.0;
  double input = 0.0;
};

/// A piece of work at given clocks: its time, and the mean power meanwhile.
struct work_result {
  double seconds = 0.0;
  board_watts watts;
  [[nodiscard]] double joules() const { return seconds * watts.input; }
};

/// The physics of one board: time of work, power by rail, heat, radio. Immutable after construction, thread-safe, and
/// none of the calls marked `noexcept` allocates: the training environment makes millions. It holds no clock and no
/// state; the live board and the environment keep their own.
class physics {
 public:
  /// Throws error(bad_argument) for parameters without operating points or rails.
  explicit physics(board_parameters parameters);

  /// The shipped board of this name, such as "jetson-tx2". Throws error(unknown_board).
  static physics of_board(std::string_view name) { return physics(shipped_parameters(name)); }

  [[nodiscard]] const board_parameters& parameters() const { return parameters_; }

  // -- work ---------------------------------------------------------------------------------------

  /// Cycles of any workload by the board's general mapping. Always marked derived: the mapping was made from whole
  /// networks, this workload was not measured. Negative or non-finite figures throw error(bad_argument).
  [[nodiscard]] work_cost cost_of(const workload& work) const;

  /// Cycles of a network that the board was measured with ("vgg19"); absent if it was not.
  [[nodiscard]] std::optional<work_cost> measured_network(std::string_view name) const;

  /// DVFO's L = T(f_C, f_G, f_M): seconds of the work, alone on the board.
  [[nodiscard]] double seconds(const work_cost& work, const operating_clocks& at) const noexcept;

  /// Seconds and mean watts together. `celsius`: temperature of the die, for leakage.
  [[nodiscard]] work_result run(const work_cost& work, const operating_clocks& at, double celsius) const noexcept;

  /// Power while nothing runs (waiting for the cloud, for instance).
  [[nodiscard]] board_watts idle(const operating_clocks& at, double celsius) const noexcept;

  // -- rails --------------------------------------------------------------------------------------

  [[nodiscard]] const std::vector<rail_parameters>& rails() const { return parameters_.rails; }

  /// Watts on rails()[index]; `index` below rails().size().
  [[nodiscard]] double rail_watts(const board_watts& watts, std::size_t index) const noexcept;

  /// What a meter at the wall socket would show, adapter and carrier included.
  [[nodiscard]] double wall_watts(const board_watts& watts) const noexcept;

  /// Origin of GPU power, the largest part; the other groups carry theirs in parameters().
  [[nodiscard]] origin power_origin() const { return parameters_.gpu.from.how; }

  // -- clocks -------------------------------------------------------------------------------------

  /// What the board makes of an order: each clock snapped to its nearest operating point (the lower of two equally
  /// near), then lowered to the highest point not above its cap. What is not ordered runs at its highest point, again
  /// below the cap. With `memory_is_locked` false the memory clock is raised to the floor that the CPU clock demands.
  [[nodiscard]] operating_clocks effective(const clocks& order, const clocks& caps = {},
                                           bool memory_is_locked = true) const noexcept;

  [[nodiscard]] operating_clocks highest() const noexcept;
  [[nodiscard]] operating_clocks lowest() const noexcept;
  [[nodiscard]] const std::vector<double>& points(knob which) const noexcept;

  /// Least memory clock at this CPU clock while the memory clock is not locked; 0 where there is none.
  [[nodiscard]] double memory_floor_hz(double cpu_hz) const noexcept;

  /// From the order until the new clock is in force.
  [[nodiscard]] double settle_seconds(knob which) const noexcept {
    return parameters_.knobs.settle_seconds[static_cast<std::size_t>(which)];
  }
  /// How long execution stands still when a clock changes.
  [[nodiscard]] double stall_seconds() const noexcept { return parameters_.knobs.stall_seconds; }

  // -- heat and radio -----------------------------------------------------------------------------

  /// Where the temperature goes at constant power.
  [[nodiscard]] double steady_celsius(double input_watts) const noexcept;

  /// Temperature after `seconds` at this power; exact for constant power, so steps may be of any length.
  [[nodiscard]] double next_celsius(double celsius, double input_watts, double seconds) const noexcept;

  /// Energy of the radio, over and above the board's own, for sending `bytes` at this rate (DVFO Eq. 11).
  /// `bits_per_second` above 0.
  [[nodiscard]] double radio_joules(double bytes, double bits_per_second) const noexcept;

 private:
  [[nodiscard]] double gpu_seconds(const work_cost& work, const operating_clocks& at) const noexcept;
  [[nodiscard]] board_watts watts(const operating_clocks& at, double celsius, double busy_share,
                                  double flops_per_second, double bytes_per_second, bool cpu_busy) const noexcept;

  board_parameters parameters_;
};

/// Volts at this clock.
inline double volts_at(const voltage_curve& curve, double hz) noexcept {
  return curve.floor_volts + (hz > curve.knee_hz ? curve.volts_per_hz * (hz - curve.knee_hz) : 0.0);
}

}  // namespace dvfo::device::simulated
