#include "policy/task_cost/bundle_task.hpp"

#include <gtest/gtest.h>

#include "inference/data/dataset.hpp"

namespace dvfo::policy {
namespace {

TEST(task_of, a_bundles_task_has_falling_local_work_and_growing_frames) {
  const auto bundle = inference::model_bundle::load(std::string(DVFO_BUNDLES) + "/procedural");
  const auto images = inference::open_dataset("procedural", inference::subset::test);
  const auto task = task_of(bundle, *images, 1.0);
  ASSERT_EQ(task.ways.size(), 5U);
  EXPECT_EQ(task.ways.front().wire_up_bytes, 0.0);
  EXPECT_EQ(task.ways.front().cloud_seconds, 0.0);
  EXPECT_EQ(task.ways.back().local, device::workload{});
  for (std::size_t i = 1; i < task.ways.size(); ++i) {
    EXPECT_LT(task.ways[i].local.flops, task.ways[i - 1].local.flops);
    EXPECT_GT(task.ways[i].wire_up_bytes, task.ways[i - 1].wire_up_bytes);
    EXPECT_GT(task.ways[i].cloud_seconds, 0.0);
  }
  for (const auto& way : task.ways) EXPECT_GT(way.top1.value_or(0.0), 50.0);
  EXPECT_EQ(task.front.bytes * 2.0, task_of(bundle, *images, 2.0).front.bytes) << "twice as wide values";
}

}  // namespace
}  // namespace dvfo::policy
