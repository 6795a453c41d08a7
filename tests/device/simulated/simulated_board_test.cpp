#include "device/simulated/simulated_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "device/error.hpp"
#include "device/frequency_control.hpp"
#include "device/sensors.hpp"
#include "device/simulated/board_files.hpp"
#include "device/text_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::device::simulated {
namespace {

using testing::HasSubstr;
using tests::temporary_folder;
using namespace std::chrono_literals;

/// Waits for something that another thread does; the limit is only there so that a defect ends the test.
template <class F>
bool becomes(F condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

class every_simulated_board : public testing::TestWithParam<std::string> {};

TEST_P(every_simulated_board, is_recognised_read_and_written_by_the_ordinary_code) {
  simulated_board board({.board = GetParam(), .folder = {}});
  const auto identity = detect(board.root());
  ASSERT_EQ(identity.profile->name, GetParam());
  EXPECT_GE(identity.jetpack, 4);
  frequency_control control(identity);
  for (const auto which : all_knobs) {
    EXPECT_TRUE(control.capability(which).is_present) << to_string(which) << control.capability(which).reason;
    EXPECT_TRUE(control.capability(which).is_writable) << to_string(which);
    EXPECT_EQ(control.capability(which).points, board.model().points(which)) << to_string(which);
  }
  const auto highest = board.model().highest();
  EXPECT_EQ(control.current().gpu_hz, highest.gpu_hz);
  clocks order;
  for (const auto which : all_knobs) {
    const auto& points = board.model().points(which);
    order[which] = points[points.size() / 2];
  }
  const auto applied = control.apply(order);
  for (const auto which : all_knobs) {
    EXPECT_EQ(applied[which].status, apply_status::exact) << to_string(which);
    EXPECT_EQ(applied[which].effective_hz, order[which]) << to_string(which);
  }
  control.restore();
  EXPECT_TRUE(becomes([&] { return control.current().gpu_hz == highest.gpu_hz; }));
  EXPECT_TRUE(becomes([&] { return control.current().memory_hz == highest.memory_hz; }));
}

TEST_P(every_simulated_board, shows_the_modelled_power_on_its_total) {
  simulated_board board({.board = GetParam(), .folder = {}});
  sensor_set sensors(detect(board.root()));
  const double idle = board.model().idle(board.model().highest(), 40.0).input;
  std::optional<double> watts;
  EXPECT_TRUE(becomes([&] {
    watts = sensors.read_power(std::chrono::steady_clock::now()).total_watts;
    return watts && *watts > 0.5 * idle;
  })) << sensors.total_source()
      << " " << watts.value_or(-1.0);
  EXPECT_LT(watts.value_or(1e9), 1.5 * idle);
}

// A total below its parts, or far beyond the board's budget, is not believed: neither may be a simulated board's.
TEST_P(every_simulated_board, has_a_total_that_is_believed) {
  const physics model = physics::of_board(GetParam());
  const board_profile& profile = find_board(GetParam());
  const auto& rails = model.rails();
  for (const auto& at : {model.lowest(), model.highest()}) {
    const auto busy = model.run(model.cost_of({.flops = 1e9, .bytes = 1e8, .launches = 20}), at, 60.0).watts;
    for (const auto& watts : {model.idle(at, 40.0), busy}) {
      EXPECT_LT(watts.input, highest_watts(profile));
      if (profile.total != total_rule::one_rail) continue;
      double total = 0.0;
      double parts = 0.0;
      for (std::size_t i = 0; i < rails.size(); ++i) {
        const auto known = std::find(profile.rails.begin(), profile.rails.end(), rails[i].name);
        if (known == profile.rails.end()) continue;
        (rails[i].name == profile.total_rail ? total : parts) += model.rail_watts(watts, i);
      }
      EXPECT_GE(total, parts);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, every_simulated_board, testing::ValuesIn(shipped_boards()), [](const auto& board) {
  std::string name = board.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(simulated_board, work_takes_at_least_the_modelled_time_and_says_what_was_too_long) {
  simulated_board board({.board = "jetson-nano", .folder = {}});
  const workload work{.flops = 2e9, .bytes = 2e7, .launches = 50};
  const double modelled = board.model().seconds(board.model().cost_of(work), board.model().highest());
  const auto start = std::chrono::steady_clock::now();
  board.work_begins(work);
  const auto took = board.work_ends();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_NEAR(took.seconds, modelled, 1e-9);
  EXPECT_GE(wall, took.seconds + took.overrun_seconds) << "nothing was made up";
}

TEST(simulated_board, an_echo_by_hand_is_snapped_and_garbage_is_put_back) {
  simulated_board board({.board = "jetson-nano", .folder = {}});
  const auto folder = board.root() / "sys/class/devfreq/57000000.gpu";
  std::ofstream(folder / "max_freq") << "640000000\n";
  EXPECT_TRUE(becomes([&] { return read_integer(folder / "cur_freq").value == 614'400'000; }));
  EXPECT_EQ(read_integer(folder / "max_freq").value, 614'400'000);
  std::ofstream(folder / "max_freq") << "fast\n";
  EXPECT_TRUE(becomes([&] { return read_integer(folder / "max_freq").value == 921'600'000; }));
}

// Whoever writes a file the usual way empties it first. A board that looked in between put its own limit there, after
// the order; the demo then read that a clock had been ordered to where it was.
TEST(simulated_board, a_file_that_is_being_written_is_left_to_the_writer) {
  const temporary_folder place;
  const physics model = physics::of_board("jetson-xavier-nx");
  board_files files(place.path(), find_board("jetson-xavier-nx"), model);
  const auto folder = place.path() / "sys/devices/system/cpu/cpufreq";
  for (const char* policy : {"policy0", "policy2", "policy4"}) {
    std::ofstream(folder / policy / "scaling_max_freq") << "1190400\n";
  }
  EXPECT_EQ(files.take_orders().cpu_hz, 1'190'400'000.0);
  std::ofstream writer(folder / "policy2/scaling_max_freq");  // empty from here on
  EXPECT_EQ(files.take_orders().cpu_hz, 1'190'400'000.0);
  EXPECT_EQ(read_integer(folder / "policy2/scaling_max_freq").fault, file_fault::try_again) << "nothing was put there";
  writer << "1420800\n" << std::flush;
  EXPECT_EQ(files.take_orders().cpu_hz, 1'420'800'000.0);
}

// A board that read one limit before an order and the other after it took them for crossed, and put its own there.
TEST(simulated_board, undoes_no_order_that_comes_while_it_looks) {
  const temporary_folder place;
  const physics model = physics::of_board("jetson-xavier-nx");
  board_files files(place.path(), find_board("jetson-xavier-nx"), model);
  const auto policy = place.path() / "sys/devices/system/cpu/cpufreq/policy0";
  std::atomic<bool> is_over = false;
  std::thread board([&] {
    while (!is_over) EXPECT_GT(files.take_orders().cpu_hz, 0.0);
  });
  int undone = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string order = i % 2 == 0 ? "1907200" : "115200";
    write_text(policy / "scaling_min_freq", "115200");
    write_text(policy / "scaling_max_freq", order);
    write_text(policy / "scaling_min_freq", order);
    for (const char* limit : {"scaling_max_freq", "scaling_min_freq"}) {
      if (read_integer(policy / limit).value != std::stoll(order)) ++undone;
    }
  }
  is_over = true;
  board.join();
  EXPECT_EQ(undone, 0);
}

// Clusters are ordered one after another. One whose limit came after the clock of the others had settled showed its old
// clock for ever.
TEST(simulated_board, shows_the_clock_of_a_policy_that_follows_later) {
  const temporary_folder place;
  const physics model = physics::of_board("jetson-xavier-nx");
  board_files files(place.path(), find_board("jetson-xavier-nx"), model);
  const auto policy = place.path() / "sys/devices/system/cpu/cpufreq/policy4";
  std::ofstream(policy / "scaling_max_freq") << "1190400\n";
  operating_clocks in_force = files.take_orders();
  files.show_clocks(in_force);
  EXPECT_EQ(read_integer(policy / "scaling_cur_freq").value, 1'190'400);
  std::ofstream(policy / "scaling_max_freq") << "1907200\n";
  EXPECT_EQ(files.take_orders(), in_force) << "the others stand there already";
  files.show_clocks(in_force);
  EXPECT_EQ(read_integer(policy / "scaling_cur_freq").value, 1'907'200);
}

TEST(simulated_board, a_cap_on_the_memory_clamps_a_locked_rate) {
  simulated_board board({.board = "jetson-xavier-nx", .folder = {}});
  std::ofstream(board.root() / "sys/kernel/nvpmodel_emc_cap/emc_iso_cap") << "1331200000\n";
  const auto rate = board.root() / "sys/kernel/debug/bpmp/debug/clk/emc/rate";
  EXPECT_TRUE(becomes([&] { return read_integer(rate).value == 1'331'200'000; }));
  frequency_control control(detect(board.root()));
  clocks order;
  order.memory_hz = board.model().highest().memory_hz;
  const auto applied = control.apply(order);
  EXPECT_EQ(applied.memory.status, apply_status::clamped);
  EXPECT_EQ(applied.memory.effective_hz, 1'331'200'000.0);
}

// A tree that a user had put into /dev/shm under such a name was taken for one that a killed process had left.
TEST(simulated_board, removes_what_killed_boards_left_and_no_folder_of_the_users) {
  std::filesystem::path base;
  {
    const simulated_board board({.board = "jetson-tx2", .folder = {}});
    base = board.root().parent_path();
  }
  const temporary_folder place(base);
  const auto name = "dvfo-sim-" + place.path().filename().string();
  const auto mine = base / (name + "-mine");
  const auto left = base / (name + "-left");
  tests::write_file(mine / "letter", "Dear");
  tests::write_file(left / "dvfo-temporary", "");
  for (const auto& folder : {mine, left}) {
    std::filesystem::last_write_time(folder, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  { const simulated_board board({.board = "jetson-tx2", .folder = {}}); }
  EXPECT_TRUE(std::filesystem::exists(mine / "letter"));
  EXPECT_FALSE(std::filesystem::exists(left));
  std::filesystem::remove_all(mine);
  std::filesystem::remove_all(left);
}

TEST(simulated_board, two_on_one_machine_do_not_disturb_each_other) {
  simulated_board one({.board = "jetson-tx2", .folder = {}});
  simulated_board other({.board = "jetson-tx2", .folder = {}});
  frequency_control control(detect(one.root()));
  frequency_control untouched(detect(other.root()));
  clocks order;
  order.gpu_hz = one.model().lowest().gpu_hz;
  control.apply(order);
  EXPECT_EQ(control.current().gpu_hz, order.gpu_hz);
  EXPECT_EQ(untouched.current().gpu_hz, other.model().highest().gpu_hz);
}

TEST(simulated_board, a_folder_of_its_own_is_kept_taken_up_again_and_held_by_one_at_a_time) {
  const temporary_folder place;
  const auto folder = place.path() / "board";
  const auto gpu = folder / "sys/class/devfreq/17000000.gp10b";
  const auto is_slow = [&] { return read_integer(gpu / "cur_freq").value == 114'750'000; };
  {
    simulated_board board({.board = "jetson-tx2", .folder = folder});
    EXPECT_THROW(simulated_board({.board = "jetson-tx2", .folder = folder}), error);
    std::ofstream(gpu / "max_freq") << "114750000\n";
    EXPECT_TRUE(becomes(is_slow));
  }
  simulated_board again({.board = "jetson-tx2", .folder = folder});
  EXPECT_TRUE(becomes(is_slow)) << "as a real board keeps its clocks when a process dies";
}

// Regression: a knob's file that was removed by hand ended the whole process at the next write to another knob.
TEST(simulated_board, lives_on_when_some_of_its_files_are_removed) {
  simulated_board board({.board = "jetson-xavier-nx", .folder = {}});
  std::filesystem::remove_all(board.root() / "sys/devices/system/cpu");
  const auto folder = board.root() / "sys/class/devfreq/17000000.gv11b";
  std::ofstream(folder / "max_freq") << "114750000\n";
  EXPECT_TRUE(becomes([&] { return read_integer(folder / "cur_freq").value == 114'750'000; }));
  board.work_begins({.flops = 1e8, .bytes = 1e6, .launches = 10});
  EXPECT_GT(board.work_ends().seconds, 0.0);
}

TEST(simulated_board, refuses_a_folder_that_holds_something_else) {
  const temporary_folder place;
  std::ofstream(place.path() / "thesis.tex") << "precious\n";
  try {
    simulated_board board({.board = "jetson-tx2", .folder = place.path()});
    FAIL();
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::bad_argument);
    EXPECT_THAT(refused.what(), HasSubstr("is not empty"));
  }
  EXPECT_TRUE(std::filesystem::exists(place.path() / "thesis.tex"));
}

TEST(simulated_board, an_unknown_board_is_an_error_that_lists_the_known_ones) {
  try {
    simulated_board board({.board = "jetson-xavier", .folder = {}});
    FAIL();
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::unknown_board);
    EXPECT_THAT(refused.what(), HasSubstr("jetson-xavier-nx"));
  }
}

TEST(simulated_name, is_what_follows_sim) {
  EXPECT_EQ(simulated_name("sim:jetson-tx2"), "jetson-tx2");
  EXPECT_EQ(simulated_name("jetson-tx2"), "");
  EXPECT_EQ(simulated_name("linux"), "");
}

}  // namespace
}  // namespace dvfo::device::simulated
