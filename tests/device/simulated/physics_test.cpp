#include "device/simulated/physics.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "device/error.hpp"

namespace {

using namespace dvfo::device;
using namespace dvfo::device::simulated;
using ::testing::DoubleNear;
using ::testing::HasSubstr;

const physics& tx2() {
  static const physics board = physics::of_board("jetson-tx2");
  return board;
}

// A board of round figures, so that expectations can be worked out by hand.
board_parameters round_board() {
  board_parameters p;
  p.board = "round";
  p.clocks.cpu_hz = {0.5e9, 1e9, 2e9};
  p.clocks.gpu_hz = {0.25e9, 0.5e9, 1e9};
  p.clocks.memory_hz = {0.4e9, 0.8e9, 1.6e9};
  p.clocks.memory_floors = {{0.9e9, 0.6e9}, {1.5e9, 1.6e9}};
  p.latency.flops_per_gpu_cycle = 100.0;
  p.latency.saturation_exponent = 0.5;
  p.latency.peak_flops_per_gpu_cycle = 150.0;
  p.latency.memory_clocks_per_byte = 0.1;
  p.latency.memory_clocks_per_flop = 0.001;
  p.latency.cpu_cycles_per_launch = 1e4;
  p.latency.norm = 2.0;
  p.gpu.voltage = {1.0, 0.5e9, 1e-9};
  p.gpu.clock_farads = 1e-9;
  p.gpu.flop_farads = 1e-11;
  p.gpu.leakage_watts = 0.2;
  p.gpu.leakage_per_kelvin = 0.02;
  p.cpu.voltage = {1.0, 1e9, 0.0};
  p.cpu.idle_watts = 0.3;
  p.cpu.core_farads = 1e-9;
  p.soc.voltage = p.memory.voltage = {1.0, 1e9, 0.0};
  p.soc.base_watts = 0.1;
  p.memory.base_watts = 0.2;
  p.memory.clock_farads = 1e-9;
  p.memory.byte_farads = 1e-10;
  p.power.bus_bytes_per_clock = 10.0;
  p.power.traffic_share = 0.5;
  p.power.idle_share = 0.25;
  p.power.input_offset_watts = 1.0;
  p.power.input_slope = 1.1;
  p.wall.offset_watts = 2.0;
  p.wall.slope = 1.25;
  p.thermal.ambient_celsius = 25.0;
  p.thermal.kelvin_per_watt = 2.0;
  p.thermal.time_constant_seconds = 60.0;
  p.radio.sending_watts = 1.2;
  p.knobs.settle_seconds = {0.001, 0.005, 0.008};
  p.knobs.stall_seconds = 0.0001;
  p.rails = {{"TOTAL", 1, 1, 1, 1, 1}, {"GPU", 1, 0, 0, 0, 0}, {"REST", 0, 0, 0, 0, 0.5}};
  return p;
}

TEST(physics, time_is_the_p_norm_of_compute_and_transfer_plus_launches) {
  const physics board(round_board());
  // 3 ms of compute at 1 GHz, 4 ms of transfer at 1.6 GHz, 1 ms of launches at 2 GHz: 5 + 1 with norm 2.
  const work_cost cost{0.0, 3e6, 6.4e6, 2e6, 2.0};
  EXPECT_THAT(board.seconds(cost, {2e9, 1e9, 1.6e9}), DoubleNear(6e-3, 1e-12));
  EXPECT_THAT(board.seconds(cost, {1e9, 1e9, 1.6e9}), DoubleNear(7e-3, 1e-12)) << "launches take CPU cycles";
}

TEST(physics, work_without_transfer_or_without_kernels_has_finite_time) {
  const physics board(round_board());
  const auto top = board.highest();
  EXPECT_THAT(board.seconds({0.0, 3e6, 0.0, 0.0, 2.0}, top), DoubleNear(3e-3, 1e-12));
  EXPECT_THAT(board.seconds({0.0, 0.0, 1.6e6, 0.0, 2.0}, top), DoubleNear(1e-3, 1e-12));
  EXPECT_EQ(board.seconds({}, top), 0.0);
  EXPECT_EQ(board.run({}, top, 45.0).watts.input, board.idle(top, 45.0).input) << "no work is idling";
}

TEST(physics, mapping_saturates_with_the_size_of_kernels_up_to_the_peak) {
  const physics board(round_board());
  EXPECT_THAT(board.cost_of({1e9, 0.0, 1.0}).gpu_cycles, DoubleNear(1e7, 1.0));
  // A quarter of the operations a kernel: half of the rate.
  EXPECT_THAT(board.cost_of({1e9, 0.0, 4.0}).gpu_cycles, DoubleNear(2e7, 1.0));
  EXPECT_THAT(board.cost_of({1e11, 0.0, 1.0}).gpu_cycles, DoubleNear(1e11 / 150.0, 1.0)) << "peak";
  const auto cost = board.cost_of({1e9, 2e6, 3.0, 5e5});
  EXPECT_THAT(cost.memory_clocks, DoubleNear(0.1 * 2e6 + 0.001 * 1e9, 1e-3));
  EXPECT_THAT(cost.cpu_cycles, DoubleNear(3e4 + 5e5, 1e-6));
  EXPECT_EQ(cost.how, origin::derived);
}

TEST(physics, a_workload_that_is_no_workload_is_refused) {
  const physics board(round_board());
  EXPECT_THROW((void)board.cost_of({-1.0, 0.0, 0.0}), error);
  EXPECT_THROW((void)board.cost_of({1.0, std::nan(""), 0.0}), error);
}

TEST(physics, power_adds_up_by_hand) {
  const physics board(round_board());
  // All time on the GPU, 1 s: 1e10 operations, 4e8 memory clocks of which half carry 10 bytes.
  const work_cost cost{1e10, 1e9, 0.4e9, 0.0, 100.0};
  const auto result = board.run(cost, {1e9, 1e9, 1.6e9}, 45.0);
  ASSERT_THAT(result.seconds, DoubleNear(1.0, 1e-9));
  const double volts_squared = 1.5 * 1.5;
  EXPECT_THAT(result.watts.gpu, DoubleNear(0.2 * volts_squared + volts_squared * (1.0 + 0.1), 1e-6));
  EXPECT_THAT(result.watts.cpu, DoubleNear(0.3 + 1.0, 1e-9));
  EXPECT_THAT(result.watts.soc, DoubleNear(0.1, 1e-9));
  EXPECT_THAT(result.watts.memory, DoubleNear(0.2 + 1.6 + 0.2, 1e-6));
  const double sum = result.watts.gpu + result.watts.cpu + result.watts.soc + result.watts.memory;
  EXPECT_THAT(result.watts.input, DoubleNear(1.0 + 1.1 * sum, 1e-9));
  EXPECT_THAT(board.wall_watts(result.watts), DoubleNear(2.0 + 1.25 * result.watts.input, 1e-9));
  EXPECT_THAT(result.joules(), DoubleNear(result.watts.input, 1e-6));
  EXPECT_THAT(board.rail_watts(result.watts, 0), DoubleNear(result.watts.input, 1e-9));
  EXPECT_THAT(board.rail_watts(result.watts, 1), DoubleNear(result.watts.gpu, 1e-9));
  EXPECT_THAT(board.rail_watts(result.watts, 2), DoubleNear(0.5 * (result.watts.input - sum), 1e-9));
}

TEST(physics, idling_keeps_leakage_and_a_share_of_the_clocks) {
  const physics board(round_board());
  const auto idle = board.idle({1e9, 1e9, 1.6e9}, 45.0);
  EXPECT_THAT(idle.gpu, DoubleNear(2.25 * (0.2 + 0.25), 1e-9));
  EXPECT_THAT(idle.cpu, DoubleNear(0.3, 1e-12));
  EXPECT_THAT(idle.memory, DoubleNear(0.2 + 0.4, 1e-9));
  const auto hot = board.idle({1e9, 1e9, 1.6e9}, 80.0);
  EXPECT_THAT((hot.gpu - 2.25 * 0.25) / (idle.gpu - 2.25 * 0.25), DoubleNear(std::exp(0.7), 1e-9));
}

TEST(physics, orders_snap_to_points_and_obey_caps) {
  const physics board(round_board());
  EXPECT_EQ(board.effective({}), board.highest());
  EXPECT_EQ(board.effective({1e3, 1e3, 1e3}), board.lowest());
  EXPECT_EQ(board.effective({0.76e9, 0.375e9, 1.21e9}), (operating_clocks{1e9, 0.25e9, 1.6e9})) << "ties go down";
  EXPECT_EQ(board.effective({}, {1.9e9, 0.5e9, 0.1e9}), (operating_clocks{1e9, 0.5e9, 0.4e9}));
}

TEST(physics, memory_floor_binds_only_while_the_clock_is_not_locked) {
  const physics board(round_board());
  const clocks order{1e9, 1e9, 0.4e9};
  EXPECT_EQ(board.effective(order, {}, true).memory_hz, 0.4e9);
  EXPECT_EQ(board.effective(order, {}, false).memory_hz, 0.8e9) << "the first point at or above 0.6 GHz";
  EXPECT_EQ(board.effective({2e9, 1e9, 0.4e9}, {}, false).memory_hz, 1.6e9);
  EXPECT_EQ(board.effective({2e9, 1e9, 0.4e9}, {{}, {}, 0.8e9}, false).memory_hz, 0.8e9) << "the cap is above all";
  EXPECT_EQ(board.effective({0.5e9, 1e9, 0.4e9}, {}, false).memory_hz, 0.4e9);
}

TEST(physics, heat_moves_towards_its_steady_state_whatever_the_step) {
  const physics board(round_board());
  EXPECT_EQ(board.steady_celsius(10.0), 45.0);
  const double once = board.next_celsius(25.0, 10.0, 30.0);
  const double twice = board.next_celsius(board.next_celsius(25.0, 10.0, 15.0), 10.0, 15.0);
  EXPECT_THAT(once, DoubleNear(twice, 1e-9));
  EXPECT_THAT(once, DoubleNear(45.0 - 20.0 * std::exp(-0.5), 1e-9));
}

TEST(physics, sending_costs_the_radio_its_power_for_as_long_as_it_takes) {
  const physics board(round_board());
  EXPECT_THAT(board.radio_joules(1e6, 8e6), DoubleNear(1.2, 1e-12));
  EXPECT_EQ(board.settle_seconds(knob::memory), 0.008);
}

TEST(shipped_boards, every_one_has_physics_that_make_sense) {
  for (const auto& name : shipped_boards()) {
    SCOPED_TRACE(name);
    const auto board = physics::of_board(name);
    EXPECT_EQ(board.parameters().board, name);
    const auto cost = board.cost_of({4e9, 5e7, 20.0, 1e6});
    const auto fast = board.run(cost, board.highest(), 45.0);
    const auto slow = board.run(cost, board.lowest(), 45.0);
    EXPECT_GT(fast.seconds, 1e-4);
    EXPECT_LT(fast.seconds, 0.1);
    EXPECT_GT(slow.seconds, fast.seconds);
    EXPECT_LT(slow.watts.input, fast.watts.input);
    EXPECT_LT(board.idle(board.highest(), 45.0).input, fast.watts.input);
    EXPECT_GT(board.idle(board.lowest(), 45.0).input, 0.5);
    EXPECT_LT(fast.watts.input, 80.0);
    double rails = 0.0;
    for (std::size_t i = 0; i < board.rails().size(); ++i) {
      EXPECT_GT(board.rail_watts(fast.watts, i), 0.0) << board.rails()[i].name;
      rails += board.rail_watts(fast.watts, i);
    }
    EXPECT_GE(rails, fast.watts.input * 0.999) << "rails that are summed, or a total rail, must cover the board";
  }
}

TEST(shipped_boards, more_of_any_clock_is_never_slower) {
  for (const auto& name : shipped_boards()) {
    const auto board = physics::of_board(name);
    const auto cost = board.cost_of({4e9, 5e7, 20.0, 1e6});
    for (const auto which : all_knobs) {
      double before = 1e9;
      for (const double hz : board.points(which)) {
        auto at = board.highest();
        (which == knob::cpu ? at.cpu_hz : which == knob::gpu ? at.gpu_hz : at.memory_hz) = hz;
        const double now = board.seconds(cost, at);
        EXPECT_LE(now, before) << name << " " << to_string(which) << " " << hz;
        before = now;
      }
    }
  }
}

// Measured on the board: least energy at GPU 854 MHz and memory 1600 MHz, 28 % below maximum clocks.
TEST(shipped_boards, tx2_saves_energy_with_vgg19_at_clocks_inside_its_range) {
  const auto vgg = tx2().measured_network("vgg19").value();
  EXPECT_EQ(vgg.how, origin::fitted);
  const auto energy = [&](const operating_clocks& at) {
    double celsius = 45.0;
    for (int i = 0; i < 3; ++i) celsius = tx2().steady_celsius(tx2().run(vgg, at, celsius).watts.input);
    return tx2().run(vgg, at, celsius).joules();
  };
  auto best = tx2().highest();
  for (const double gpu : tx2().points(knob::gpu)) {
    for (const double memory : tx2().points(knob::memory)) {
      const operating_clocks at{best.cpu_hz, gpu, memory};
      if (energy(at) < energy(best)) best = at;
    }
  }
  EXPECT_LT(best.gpu_hz, tx2().points(knob::gpu).back());
  EXPECT_GT(best.gpu_hz, tx2().points(knob::gpu).front());
  EXPECT_LT(best.memory_hz, tx2().points(knob::memory).back());
  EXPECT_GT(best.memory_hz, tx2().points(knob::memory).front());
  const double saved = 1.0 - energy(best) / energy(tx2().highest());
  EXPECT_GT(saved, 0.15);
  EXPECT_LT(saved, 0.35);
}

TEST(shipped_boards, an_unknown_name_lists_those_there_are) {
  try {
    (void)shipped_parameters("jetson-tx3");
    FAIL() << "no error";
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::unknown_board);
    EXPECT_THAT(problem.what(), HasSubstr("jetson-tx2"));
  }
}

}  // namespace
