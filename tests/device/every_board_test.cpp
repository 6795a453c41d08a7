#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "device/frequency_control.hpp"
#include "tests/device/kernel_twin.hpp"
#include "tests/support/sysfs_tree.hpp"

/// The clocks of every recorded tree: what they offer, that orders arrive, and that everything is put back to the byte.
namespace dvfo::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::kernel_twin;
using tests::sysfs_tree;
using tests::temporary_folder;

class every_board : public ::testing::TestWithParam<std::string> {
 protected:
  every_board() : tree_(GetParam()), kernel_(tree_.root()) {}
  frequency_control open() {
    return frequency_control(detect(tree_.root()), kernel_.options(folder_.path() / "clocks"));
  }
  [[nodiscard]] bool is_jetson() const { return GetParam().starts_with("jetson"); }

  /// Without the clocks now, which the kernel moves as it likes: not ours to put back.
  [[nodiscard]] std::map<std::string, std::string> content_but_clocks() const {
    std::map<std::string, std::string> content = tree_.content();
    std::erase_if(content, [](const auto& file) {
      return file.first.ends_with("/scaling_cur_freq") || file.first.ends_with("/cur_freq") ||
             file.first.ends_with("override.emc/clk_rate");
    });
    return content;
  }

  sysfs_tree tree_;
  kernel_twin kernel_;
  temporary_folder folder_;
};

TEST_P(every_board, offers_its_knobs) {
  const frequency_control control = open();
  for (const knob which : all_knobs) {
    SCOPED_TRACE(to_string(which));
    const knob_capability& capability = control.capability(which);
    const bool is_expected = is_jetson() || which == knob::cpu;
    EXPECT_EQ(capability.is_present, is_expected) << capability.reason;
    EXPECT_EQ(capability.is_writable, is_expected) << capability.reason;
    EXPECT_EQ(capability.points.size() > 1, is_expected);
    EXPECT_EQ(capability.reason.empty(), is_expected);
    EXPECT_TRUE(std::is_sorted(capability.points.begin(), capability.points.end(), std::less_equal<>()));
  }
  EXPECT_THAT(kernel_.notices, IsEmpty());
}

TEST_P(every_board, takes_every_operating_point_within_its_caps) {
  frequency_control control = open();
  for (const knob which : all_knobs) {
    const knob_capability capability = control.capability(which);
    for (const double hz : capability.points) {
      SCOPED_TRACE(std::string(to_string(which)) + ' ' + std::to_string(hz));
      clocks order;
      order[which] = hz;
      const applied_knob applied = control.apply(order)[which];
      const bool is_allowed = hz <= capability.cap_hz.value_or(hz) * 1.001;
      EXPECT_EQ(applied.status, is_allowed ? apply_status::exact : apply_status::clamped);
      ASSERT_TRUE(applied.effective_hz);
      EXPECT_NEAR(*applied.effective_hz, is_allowed ? hz : *capability.cap_hz, 1e3);
    }
  }
  EXPECT_THAT(kernel_.notices, IsEmpty());
}

TEST_P(every_board, is_put_back_to_the_byte) {
  const auto before = content_but_clocks();
  frequency_control control = open();
  EXPECT_EQ(content_but_clocks(), before) << "looking changed something";
  const auto order_of = [&](bool is_top) {
    clocks order;
    for (const knob which : all_knobs) {
      const auto& points = control.capability(which).points;
      if (!points.empty()) order[which] = is_top ? points.back() : points.front();
    }
    return order;
  };
  control.apply(order_of(false));
  EXPECT_NE(content_but_clocks(), before);
  control.apply(order_of(true));
  control.restore();
  EXPECT_EQ(content_but_clocks(), before);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "clocks"));
  control.apply(order_of(false));
  control.restore();
  EXPECT_EQ(content_but_clocks(), before);
}

/// kill -9 in the middle of a task: the clocks stay pinned, and the next start finds them and puts them back.
TEST_P(every_board, is_put_back_by_the_next_start_after_kill_9) {
  const auto before = content_but_clocks();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    frequency_control control = open();
    clocks order;
    for (const knob which : all_knobs) {
      const auto& points = control.capability(which).points;
      if (!points.empty()) order[which] = points.front();
    }
    control.apply(order);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_NE(content_but_clocks(), before);
  const frequency_control next = open();
  EXPECT_EQ(content_but_clocks(), before);
  EXPECT_THAT(kernel_.notices, ElementsAre(HasSubstr("restored now")));
  // The limits that it takes as the power mode's are those from before the killed process.
  const sysfs_tree untouched(GetParam());
  const frequency_control fresh(detect(untouched.root()));
  for (const knob which : all_knobs) {
    EXPECT_EQ(next.capability(which).cap_hz, fresh.capability(which).cap_hz) << to_string(which);
  }
}

INSTANTIATE_TEST_SUITE_P(recorded, every_board, ::testing::ValuesIn(tests::recorded_trees()), tests::tree_name);

}  // namespace
}  // namespace dvfo::device
