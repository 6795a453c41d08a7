#include "cli/top/top_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "cli/board/tool_board.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::sysfs_tree;

device::time_point at(double seconds) {
  return device::time_point(
      std::chrono::duration_cast<device::time_point::duration>(std::chrono::duration<double>(seconds)));
}

/// The folder of the recorded power chip, whatever its numbers.
std::string power_folder(const sysfs_tree& tree) {
  for (const auto& [file, content] : tree.content()) {
    if (content == "VDD_IN\n" && file.ends_with("in1_label")) return file.substr(0, file.rfind('/') + 1);
  }
  throw std::runtime_error("no hwmon folder in the tree");
}

const top_rail& rail_of(const top_view& view, const std::string& name) {
  const auto found =
      std::find_if(view.rails.begin(), view.rails.end(), [&](const top_rail& rail) { return rail.name == name; });
  if (found == view.rails.end()) throw std::runtime_error("no rail " + name);
  return *found;
}

class xavier_nx : public ::testing::Test {
 protected:
  /// Sets VDD_IN, channel 1, to 5 V and so many amperes.
  void draw(int milliamperes) {
    tree_.write(power_ + "in1_input", "5000\n");
    tree_.write(power_ + "curr1_input", std::to_string(milliamperes) + "\n");
  }
  sysfs_tree tree_{"jetson-xavier-nx-jp5"};
  std::string power_ = power_folder(tree_);
};

TEST_F(xavier_nx, statistics_and_joules_go_from_reading_to_reading) {
  draw(1000);
  top_session session(device::detect(tree_.root()), {}, at(100.0));
  EXPECT_EQ(session.interval().count(), 1.0);
  auto view = session.look(at(101.0));
  EXPECT_NEAR(*view.joules, 5.0, 1e-9);
  draw(3000);
  session.look(at(102.0));
  view = session.look(at(103.0));
  // 5 W are held until the reading that brings 15 W.
  EXPECT_NEAR(*view.joules, 25.0, 1e-9);
  EXPECT_EQ(view.elapsed_seconds, 3.0);
  ASSERT_TRUE(view.total);
  EXPECT_EQ(view.total->name, "rail VDD_IN");
  EXPECT_NEAR(*view.total->watts, 15.0, 1e-9);
  EXPECT_NEAR(view.total->since_start.least(), 5.0, 1e-9);
  EXPECT_NEAR(view.total->since_start.mean(), 35.0 / 3.0, 1e-9);
  EXPECT_NEAR(view.total->since_start.greatest(), 15.0, 1e-9);
  EXPECT_TRUE(rail_of(view, "VDD_IN").is_total);
  EXPECT_FALSE(rail_of(view, "VDD_SOC").is_total);
  EXPECT_THAT(view.clocks, SizeIs(3));
  EXPECT_EQ(view.clocks[1].name, "gpu");
  EXPECT_NEAR(*view.clocks[1].lowest_hz, 114.75e6, 1.0);
  EXPECT_FALSE(view.temperatures.empty());
  EXPECT_FALSE(view.tasks);
}

TEST_F(xavier_nx, a_rail_that_vanishes_stays_with_its_past_and_power_becomes_unknown) {
  draw(1000);
  top_session session(device::detect(tree_.root()), {}, at(0.0));
  session.look(at(1.0));
  tree_.remove(power_ + "curr1_input");
  auto view = session.look(at(2.0));
  EXPECT_FALSE(rail_of(view, "VDD_IN").watts);
  EXPECT_EQ(rail_of(view, "VDD_IN").since_start.count(), 1U);
  EXPECT_FALSE(view.total->watts);
  EXPECT_TRUE(view.joules) << "held for three intervals";
  for (int i = 3; i < 9; ++i) view = session.look(at(i));
  EXPECT_FALSE(view.joules);
  EXPECT_GT(view.unmeasured_seconds, 0.0);
}

TEST_F(xavier_nx, the_interval_is_never_shorter_than_the_sensor_s_own) {
  tree_.write(power_ + "update_interval", "430\n");
  top_options options;
  options.interval_seconds = 0.1;
  top_session session(device::detect(tree_.root()), options, at(0.0));
  EXPECT_DOUBLE_EQ(session.interval().count(), 0.43);
  const auto view = session.look(at(1.0));
  ASSERT_THAT(view.notes, SizeIs(1));
  EXPECT_THAT(view.notes[0], HasSubstr("raised from 0.1 s"));
  top_session slow(device::detect(tree_.root()), {}, at(0.0));
  EXPECT_THAT(slow.look(at(1.0)).notes, IsEmpty());
}

TEST_F(xavier_nx, watching_writes_nothing) {
  const auto before = tree_.content();
  top_session session(device::detect(tree_.root()), {}, at(0.0));
  session.look(at(1.0));
  EXPECT_EQ(tree_.content(), before);
}

TEST_F(xavier_nx, tells_what_it_costs) {
  double spent = 7.0;
  top_options options;
  options.own_seconds = [&] { return spent; };
  top_session session(device::detect(tree_.root()), options, at(0.0));
  spent = 7.5;
  EXPECT_DOUBLE_EQ(*session.look(at(10.0)).own_share, 0.05);
}

TEST_F(xavier_nx, watch_keeps_its_beat_and_drops_what_is_late) {
  top_session session(device::detect(tree_.root()), {}, at(0.0));
  double now = 0.0;
  std::vector<double> shown;
  const auto wait = [&](device::time_point when) {
    now = std::max(now, std::chrono::duration<double>(when.time_since_epoch()).count());
    if (shown.size() == 2) now += 5.5;  // the machine slept
    return true;
  };
  const auto show = [&](const top_view& view) {
    shown.push_back(view.elapsed_seconds);
    return true;
  };
  watch(
      session, 5, [&] { return at(now); }, wait, show);
  EXPECT_THAT(shown, ::testing::ElementsAre(1.0, 2.0, 8.5, 8.5, 9.5));
}

TEST_F(xavier_nx, watch_ends_when_asked_or_when_nobody_reads) {
  top_session session(device::detect(tree_.root()), {}, at(0.0));
  int shown = 0;
  const auto count = [&](const top_view&) { return ++shown < 2; };
  const auto now = [] { return at(0.0); };
  watch(
      session, 0, now, [](device::time_point) { return false; }, count);
  EXPECT_EQ(shown, 0);
  watch(
      session, 0, now, [](device::time_point) { return true; }, count);
  EXPECT_EQ(shown, 2);
}

// The second of two processors was lost: its rails had the names of the first one's, and JSON one key for both.
TEST(top_session, tells_two_processors_apart) {
  const sysfs_tree tree("linux-intel-two-sockets");
  top_session session(device::detect(tree.root()), {}, at(0.0));
  tree.write("sys/class/powercap/intel-rapl:0/energy_uj", "70060000000\n");
  tree.write("sys/class/powercap/intel-rapl:1/energy_uj", "71080000000\n");
  const auto view = session.look(at(1.0));
  EXPECT_THAT(view.rails, SizeIs(6));
  EXPECT_EQ(rail_of(view, "package (0)").watts, 60.0);
  EXPECT_EQ(rail_of(view, "package (1)").watts, 80.0);
  const auto json = to_json(view);
  EXPECT_THAT(json["temperatures_celsius"], SizeIs(view.temperatures.size()));
  EXPECT_EQ(json["temperatures_celsius"]["coretemp Core 0 (coretemp.1)"], 67.0);
  std::set<std::string> lines;
  for (const auto& line : render(view, 80, false)) {
    if (line.find(" W") == std::string::npos) continue;
    EXPECT_TRUE(lines.insert(line.substr(0, 20)).second) << line;
  }
}

// A machine that had slept showed 3.5 kW, and its joules for good.
TEST(top_session, counts_no_leap) {
  const sysfs_tree tree("linux-intel-two-sockets");
  top_session session(device::detect(tree.root()), {}, at(0.0));
  const auto draw = [&](std::int64_t joules) {
    tree.write("sys/class/powercap/intel-rapl:0/energy_uj", std::to_string(70'000 + joules) + "000000\n");
    tree.write("sys/class/powercap/intel-rapl:1/energy_uj", std::to_string(71'000 + joules) + "000000\n");
  };
  draw(50);
  EXPECT_EQ(session.look(at(1.0)).joules, 100.0);
  draw(3'650);
  auto view = session.look(at(2.0));
  EXPECT_FALSE(view.total->watts);
  EXPECT_EQ(view.unmeasured_seconds, 1.0);
  draw(3'700);
  view = session.look(at(3.0));
  EXPECT_EQ(view.joules, 200.0);
  EXPECT_EQ(view.unmeasured_seconds, 1.0);
  EXPECT_EQ(view.total->since_start.greatest(), 100.0);
}

TEST(top_session, shows_a_simulated_board_at_rest) {
  const tool_board board({.board = "sim:jetson-tx2", .folder = "", .root = ""});
  top_session session(board.identity(), {}, at(0.0));
  auto view = session.look(at(1.0));
  // A board that was just started shows no power for an instant.
  for (int i = 2; i < 5000 && !(view.total && view.total->watts); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    view = session.look(at(i));
  }
  EXPECT_THAT(view.board, HasSubstr("jetson-tx2"));
  ASSERT_TRUE(view.total && view.total->watts);
  EXPECT_GT(*view.total->watts, 0.5);
  for (const auto& clock : view.clocks) EXPECT_TRUE(clock.now_hz && clock.lowest_hz && clock.highest_hz);
}

}  // namespace
}  // namespace dvfo::cli
