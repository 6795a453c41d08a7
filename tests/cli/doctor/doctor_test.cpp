#include "cli/doctor/doctor.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cli/board/tool_board.hpp"
#include "cli/terminal/text_lines.hpp"
#include "device/error.hpp"
#include "device/frequency_control.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using tests::sysfs_tree;
using tests::temporary_folder;

/// Whatever one could change in a folder: kind, size, access, the instant of the last change, content.
std::map<std::string, std::string> everything_in(const std::filesystem::path& folder) {
  std::map<std::string, std::string> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto status = entry.symlink_status();
    auto& text = result[entry.path().string()];
    text =
        std::to_string(static_cast<int>(status.type())) + ' ' + std::to_string(static_cast<int>(status.permissions()));
    if (entry.is_symlink()) continue;
    text += ' ' + std::to_string(entry.last_write_time().time_since_epoch().count());
    if (entry.is_regular_file()) text += ' ' + tests::read_file(entry.path());
  }
  return result;
}

std::vector<doctor_row> examine_tree(const sysfs_tree& tree, doctor_options options = {}) {
  return examine(device::detect(tree.root()), options);
}

const doctor_row& row_of(const std::vector<doctor_row>& rows, const std::string& topic, const std::string& thing) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const doctor_row& row) { return row.topic == topic && row.thing == thing; });
  if (found == rows.end()) throw std::runtime_error("no row " + topic + " " + thing + "\n" + doctor_text(rows, 120));
  return *found;
}

class every_tree : public ::testing::TestWithParam<std::string> {};

TEST_P(every_tree, is_examined_without_a_write) {
  const sysfs_tree tree(GetParam());
  const auto before = everything_in(tree.root());
  const auto rows = examine_tree(tree);
  EXPECT_GT(rows.size(), 10U);
  EXPECT_EQ(everything_in(tree.root()), before);
}

TEST_P(every_tree, is_healthy_as_recorded) {
  const sysfs_tree tree(GetParam());
  // RAPL and load are differences: two looks are needed, and counters that move meanwhile.
  const auto count = [&tree] {
    usleep(1000);
    for (const auto& [file, content] : tree.content()) {
      if (file.ends_with("/energy_uj")) tree.write(file, std::to_string(std::stoll(content) + 10'000) + "\n");
    }
  };
  const auto rows = examine_tree(tree, {.clock_state = {}, .wait = count, .more = {}});
  EXPECT_FALSE(needs_attention(rows)) << doctor_text(rows, 120);
  for (const auto& row : rows) {
    EXPECT_FALSE(row.topic.empty() || row.thing.empty());
    EXPECT_EQ(row.reason.empty(), row.state == health::ok) << row.thing << ": " << row.reason;
  }
}

INSTANTIATE_TEST_SUITE_P(recorded, every_tree, ::testing::ValuesIn([] {
                           std::vector<std::string> names;
                           const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../device/trees";
                           for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                             if (entry.path().extension() == ".tree") names.push_back(entry.path().stem().string());
                           }
                           std::sort(names.begin(), names.end());
                           return names;
                         }()),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(doctor, tells_what_a_board_has) {
  const sysfs_tree tree("jetson-xavier-nx-jp5");
  const auto rows = examine_tree(tree);
  EXPECT_THAT(row_of(rows, "board", "jetson-xavier-nx").found, HasSubstr("device tree"));
  EXPECT_EQ(row_of(rows, "board", "JetPack").found, "5");
  EXPECT_THAT(row_of(rows, "clock", "gpu").found, HasSubstr("115 MHz – 1.11 GHz, 15 operating points"));
  EXPECT_THAT(row_of(rows, "clock", "gpu").found, HasSubstr("now "));
  EXPECT_THAT(row_of(rows, "clock", "cpu").found, HasSubstr("capped at"));
  EXPECT_THAT(row_of(rows, "power", "whole board").found, StartsWith("rail VDD_IN: "));
  EXPECT_THAT(row_of(rows, "power", "VDD_IN").found, HasSubstr("whole board"));
  EXPECT_THAT(row_of(rows, "power", "VDD_CPU_GPU_CV").found, Not(HasSubstr("whole board")));
  EXPECT_THAT(row_of(rows, "power", "limit").found, HasSubstr("mode 2"));
  EXPECT_THAT(row_of(rows, "power", "sensor interval").found, HasSubstr(" ms"));
  EXPECT_THAT(row_of(rows, "utilisation", "GPU load").found, HasSubstr("%"));
  EXPECT_THAT(rows, Contains(::testing::Field(&doctor_row::topic, "temperature")));
}

/// JetPack 5 lists the GPU only once it was powered; finding the knobs for setting clocks would power it, looking must
/// not.
TEST(doctor, leaves_a_sleeping_gpu_asleep) {
  const sysfs_tree tree("jetson-xavier-nx-jp5");
  tree.remove("sys/class/devfreq/17000000.gv11b");
  const std::string gate = "sys/devices/17000000.gv11b/railgate_enable";
  tree.write(gate, "1\n");
  const auto before = everything_in(tree.root());
  const auto rows = examine_tree(tree);
  EXPECT_EQ(everything_in(tree.root()), before);
  const auto gpu = row_of(rows, "clock", "gpu");
  EXPECT_EQ(gpu.state, health::missing);
  EXPECT_THAT(gpu.remedy, HasSubstr("--clocks"));
  EXPECT_TRUE(needs_attention(rows));
  // The test can fail: the other way does write.
  const device::frequency_control control(device::detect(tree.root()));
  EXPECT_NE(everything_in(tree.root()), before);
}

TEST(doctor, a_file_without_write_permission_is_missing_with_a_remedy) {
  const sysfs_tree tree("jetson-xavier-nx-jp5");
  std::filesystem::permissions(tree / "sys/class/devfreq/17000000.gv11b/max_freq", std::filesystem::perms(0444));
  const auto rows = examine_tree(tree);
  const auto gpu = row_of(rows, "clock", "gpu");
  EXPECT_EQ(gpu.state, health::missing);
  EXPECT_THAT(gpu.found, HasSubstr("not writable"));
  EXPECT_THAT(gpu.reason, HasSubstr("max_freq"));
  EXPECT_THAT(gpu.remedy, HasSubstr("root"));
  EXPECT_TRUE(needs_attention(rows));
}

TEST(doctor, a_board_without_its_power_sensor_says_what_to_do) {
  const sysfs_tree tree("jetson-xavier-nx-jp5");
  tree.remove("sys/bus/i2c/drivers/ina3221");
  const auto rows = examine_tree(tree);
  EXPECT_EQ(row_of(rows, "power", "whole board").state, health::missing);
  EXPECT_THAT(row_of(rows, "power", "total power").remedy, HasSubstr("driver"));
  EXPECT_TRUE(needs_attention(rows));
}

TEST(doctor, what_a_pc_cannot_have_is_no_reason_to_worry) {
  const sysfs_tree tree("linux-intel-rapl");
  const auto rows = examine_tree(tree);
  const auto memory = row_of(rows, "clock", "memory");
  EXPECT_EQ(memory.state, health::missing);
  EXPECT_FALSE(memory.reason.empty());
  EXPECT_THAT(memory.remedy, IsEmpty());
}

// "2 missing that can be mended", and exit code 1: in a virtual machine nothing can.
TEST(doctor, a_virtual_machine_lacks_nothing_that_can_be_mended) {
  const sysfs_tree tree("linux-virtual-machine");
  const auto rows = examine_tree(tree, {.clock_state = tree / "clocks", .wait = {}, .more = {}});
  EXPECT_FALSE(needs_attention(rows)) << doctor_text(rows, 120);
  EXPECT_THAT(row_of(rows, "board", "machine").found, HasSubstr("virtual"));
  EXPECT_EQ(row_of(rows, "power", "whole board").state, health::missing);
  EXPECT_THAT(row_of(rows, "power", "total power").reason, HasSubstr("virtual machine"));
  EXPECT_EQ(row_of(rows, "clock", "cpu").state, health::missing);
  // The same lack in a real machine can be mended.
  tree.write("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu\n");
  tree.write("sys/class/dmi/id/sys_vendor", "Makers of machines\n");
  const auto real = examine_tree(tree, {.clock_state = tree / "clocks", .wait = {}, .more = {}});
  EXPECT_TRUE(needs_attention(real));
  EXPECT_THAT(row_of(real, "power", "total power").remedy, HasSubstr("intel_rapl_msr"));
}

// Two sockets: one package, one core and one temperature stood there twice, the other's were lost.
TEST(doctor, shows_each_of_two_processors_once) {
  const sysfs_tree tree("linux-intel-two-sockets");
  const auto rows = examine_tree(tree);
  EXPECT_THAT(row_of(rows, "temperature", "coretemp Core 0 (coretemp.0)").found, StartsWith("53.0 °C"));
  EXPECT_THAT(row_of(rows, "temperature", "coretemp Core 0 (coretemp.1)").found, StartsWith("67.0 °C"));
  EXPECT_THAT(row_of(rows, "power", "package (0)").found, HasSubstr("whole board"));
  EXPECT_THAT(row_of(rows, "power", "package (1)").found, HasSubstr("whole board"));
  std::map<std::string, int> things;
  for (const auto& row : rows) ++things[row.topic + ' ' + row.thing];
  for (const auto& [thing, count] : things) EXPECT_EQ(count, 1) << thing;
}

// A rail and a temperature of one name had one value.
TEST(doctor, tells_a_rail_from_a_sensor_of_its_name) {
  const sysfs_tree tree("jetson-agx-xavier-jp5");
  tree.write("sys/devices/virtual/thermal/thermal_zone0/type", "CPU\n");
  const auto rows = examine_tree(tree);
  EXPECT_THAT(row_of(rows, "power", "CPU").found, HasSubstr(" W"));
  EXPECT_THAT(row_of(rows, "temperature", "CPU").found, HasSubstr("38.0 °C, what policies decide by"));
}

TEST(doctor, names_a_total_that_is_none) {
  const sysfs_tree tree("linux-intel-rapl");
  const std::string zones = "sys/devices/virtual/powercap/intel-rapl/";
  int looks = 0;
  const auto wait = [&] {
    ++looks;
    usleep(510'000);
    tree.write(zones + "intel-rapl:1/energy_uj", "262143300000\n");
    tree.write(zones + "intel-rapl:0/energy_uj", "52020000000\n");
  };
  const auto rows = examine_tree(tree, {.clock_state = {}, .wait = wait, .more = {}});
  EXPECT_THAT(row_of(rows, "power", "whole board").found, StartsWith("RAPL package: "));
  EXPECT_EQ(row_of(rows, "power", "psys").state, health::warning);
  EXPECT_THAT(row_of(rows, "power", "psys").reason, HasSubstr("its parts counted 20.0 J"));
}

class clock_state : public ::testing::Test {
 protected:
  doctor_row look() {
    return row_of(examine_tree(tree_, {.clock_state = file_, .wait = {}, .more = {}}), "clock", "state file");
  }
  sysfs_tree tree_{"jetson-xavier-nx-jp5"};
  temporary_folder folder_;
  std::filesystem::path file_ = folder_.path() / "below" / "clocks.state";
};

TEST_F(clock_state, that_could_be_written_is_fine_and_is_not_made) {
  EXPECT_EQ(look().state, health::ok);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(clock_state, without_a_place_is_missing) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::permissions(folder_.path(), std::filesystem::perms(0555));
  EXPECT_EQ(look().state, health::missing);
  EXPECT_THAT(look().remedy, HasSubstr("--clock-state"));
}

TEST_F(clock_state, of_a_living_control_is_in_use_and_of_a_dead_one_left_over) {
  std::string text;
  {
    device::frequency_control control(device::detect(tree_.root()),
                                      {.state_file = file_, .warn = {}, .sleep = {}, .now = {}});
    control.apply({.cpu_hz = 1e9, .gpu_hz = {}, .memory_hz = {}});
    text = tests::read_file(file_);
    EXPECT_EQ(look().state, health::ok);
    EXPECT_THAT(look().found, HasSubstr("in use by process " + std::to_string(getpid())));
  }
  EXPECT_EQ(look().state, health::ok);
  EXPECT_THAT(look().found, Not(HasSubstr("in use")));
  tests::write_file(file_, text);  // as kill -9 leaves it
  EXPECT_EQ(look().state, health::warning);
  EXPECT_THAT(look().reason, HasSubstr("may still be pinned"));
  EXPECT_EQ(tests::read_file(file_), text);
  tests::write_file(tree_ / "proc/sys/kernel/random/boot_id", "another-boot\n");
  EXPECT_THAT(look().reason, HasSubstr("started anew"));
  tests::write_file(file_, "dvfo-clocks");
  EXPECT_THAT(look().reason, HasSubstr("damaged"));
}

// The remedy was to remove whatever file or folder the user had named.
TEST_F(clock_state, that_names_something_else_is_to_be_named_otherwise) {
  tests::write_file(file_, "junk\n");
  EXPECT_EQ(look().state, health::missing);
  EXPECT_THAT(look().reason, HasSubstr("holds something else"));
  EXPECT_THAT(look().remedy, HasSubstr("another file"));
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_THAT(look().reason, HasSubstr("is a folder"));
  std::filesystem::remove(file_);
  std::filesystem::create_symlink("clocks.state", file_);
  EXPECT_THAT(look().reason, HasSubstr("in a circle"));
}

TEST(doctor, further_checks_are_rows_even_if_they_throw) {
  const sysfs_tree tree("linux-intel-rapl");
  doctor_options options;
  options.more.push_back(
      {"model", "bundle", "make one", []() -> doctor_row { throw std::runtime_error("no manifest"); }});
  options.more.push_back(
      {"cloud", "a:1", "", [] { return doctor_row{.topic = "cloud", .thing = "a:1", .found = "up"}; }});
  const auto rows = examine_tree(tree, options);
  EXPECT_EQ(row_of(rows, "model", "bundle").reason, "no manifest");
  EXPECT_EQ(row_of(rows, "model", "bundle").state, health::missing);
  EXPECT_EQ(row_of(rows, "model", "bundle").remedy, "make one");
  EXPECT_EQ(row_of(rows, "cloud", "a:1").found, "up");
  EXPECT_TRUE(needs_attention(rows));
}

TEST(doctor_text, puts_reason_and_remedy_under_what_is_missing) {
  const std::vector<doctor_row> rows{
      {.topic = "clock", .thing = "cpu", .state = health::ok, .found = "0.1 – 1.9 GHz", .reason = "", .remedy = ""},
      {.topic = "clock",
       .thing = "gpu",
       .state = health::missing,
       .found = "",
       .reason = "the file is not there at all",
       .remedy = "load the driver"}};
  EXPECT_EQ(doctor_text(rows, 32),
            "clock  cpu  ok       0.1 – 1.9\n"
            "                     GHz\n"
            "       gpu  missing  –\n"
            "       why: the file is not\n"
            "            there at all\n"
            "       do:  load the driver\n"
            "\n"
            "1 missing that can be mended:\n"
            "see \"do:\" above.\n");
}

TEST(doctor_text, never_exceeds_the_width_of_an_ordinary_terminal) {
  const sysfs_tree tree("jetson-agx-orin-jp6");
  const auto text = doctor_text(examine_tree(tree), 80);
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
    EXPECT_LE(columns(text.substr(begin, end - begin)), 80U);
  }
}

TEST(doctor_json, has_the_same_rows) {
  const auto json = doctor_json({{.topic = "power",
                                  .thing = "VDD_IN",
                                  .state = health::missing,
                                  .found = "",
                                  .reason = "gone",
                                  .remedy = "look"}});
  EXPECT_EQ(json, nlohmann::json::parse(R"({"healthy": false, "rows": [{"topic": "power", "thing": "VDD_IN",
      "state": "missing", "found": "", "reason": "gone", "remedy": "look"}]})"));
}

TEST(tool_board, starts_a_simulated_board_or_reads_the_tree_of_one_that_runs) {
  const temporary_folder folder;
  const tool_board running({.board = "sim:jetson-tx2", .folder = folder.path().string(), .root = ""});
  EXPECT_TRUE(running.is_simulated());
  const tool_board beside({.board = "auto", .folder = "", .root = folder.path().string()});
  EXPECT_FALSE(beside.is_simulated());
  EXPECT_EQ(beside.identity().profile->name, "jetson-tx2");
  const auto before = tests::read_tree(folder.path());
  // A board that was just started shows no power for an instant.
  bool is_healthy = false;
  for (int i = 0; i < 5000 && !is_healthy; ++i) {
    is_healthy = !needs_attention(examine(beside.identity(), {}));
    if (!is_healthy) usleep(1000);
  }
  EXPECT_TRUE(is_healthy) << doctor_text(examine(beside.identity(), {}), 120);
  EXPECT_EQ(tests::read_tree(folder.path()).size(), before.size());
  try {
    const tool_board second({.board = "sim:jetson-tx2", .folder = folder.path().string(), .root = ""});
    FAIL() << "two boards in one folder";
  } catch (const device::error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("--root"));
  }
}

TEST(tool_board, refuses_options_that_contradict_each_other) {
  EXPECT_THROW(tool_board({.board = "sim:jetson-tx2", .folder = "", .root = "/"}), device::error);
  EXPECT_THROW(tool_board({.board = "auto", .folder = "/tmp", .root = ""}), device::error);
  EXPECT_THROW(tool_board({.board = "jetson-banano", .folder = "", .root = ""}), device::error);
}

}  // namespace
}  // namespace dvfo::cli
