#include "policy/task_cost/network_task.hpp"

#include <gtest/gtest.h>

#include "inference/architectures/description.hpp"
#include "inference/error.hpp"

namespace dvfo::policy {
namespace {

class network_task_test : public ::testing::TestWithParam<std::string> {};

TEST_P(network_task_test, local_work_falls_and_frames_grow_with_the_share) {
  const auto task = task_of_network(GetParam(), 2.0);
  EXPECT_EQ(task.name, GetParam());
  ASSERT_EQ(task.ways.size(), 5U);
  EXPECT_EQ(task.ways.front().wire_up_bytes, 0.0);
  EXPECT_EQ(task.ways.front().cloud_seconds, 0.0);
  EXPECT_EQ(task.ways.back().local, device::workload{});
  for (std::size_t i = 1; i < task.ways.size(); ++i) {
    EXPECT_LT(task.ways[i].local.flops, task.ways[i - 1].local.flops);
    EXPECT_GT(task.ways[i].wire_up_bytes, task.ways[i - 1].wire_up_bytes);
    EXPECT_GT(task.ways[i].cloud_seconds, 0.0);
    EXPECT_LT(task.ways[i].wire_down_bytes, 5000.0) << "an answer, not a map";
  }
  for (const auto& way : task.ways) EXPECT_FALSE(way.top1) << "nobody measured a mere descriptor";
}

TEST_P(network_task_test, its_parts_are_those_that_the_descriptor_counts) {
  const auto net = inference::make_architecture(GetParam(), inference::published_options(GetParam()));
  double front = 0.0;
  double local = 0.0;
  for (const auto& part : inference::describe(net, inference::backend::cuda_fp16)) {
    if (part.name == "extractor" || part.name == "attention") front += part.cost.flops;
    if (part.name == "local" && part.width == 1.0) local = part.cost.bytes;
  }
  const auto task = task_of_network(GetParam(), 2.0);
  EXPECT_EQ(task.front.flops, front);
  EXPECT_EQ(task.ways.front().local.bytes, local);
}

// 14 of header, a bitmap, the planes at 2 bits and 4 of checksum (docs/feature-frame.md), in a message of 40 bytes
// more.
TEST_P(network_task_test, a_whole_map_takes_a_quarter_byte_a_value) {
  const auto net = inference::make_architecture(GetParam(), inference::published_options(GetParam()));
  const int plane = (net.features.positions() * 2 + 7) / 8;
  const int frame = 18 + net.features.channels / 8 + net.features.channels * plane;
  EXPECT_EQ(task_of_network(GetParam(), 2.0).ways.back().wire_up_bytes, frame + 40.0);
}

INSTANTIATE_TEST_SUITE_P(all, network_task_test, testing::ValuesIn(inference::architecture_names()),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(network_task, an_input_is_as_large_as_it_was_measured) {
  EXPECT_EQ(image_input(224).raw_bytes, 150528.0);
  EXPECT_NEAR(image_input(224).compressed_bytes, 10800.0, 0.07 * 10800.0);
  EXPECT_NEAR(image_input(800).compressed_bytes, 54204.0, 0.07 * 54204.0);
  EXPECT_EQ(image_input(224, 9000.0).compressed_bytes, 9000.0);
  EXPECT_EQ(image_side_of("retinanet"), 800);
  EXPECT_FALSE(image_side_of("deepspeech")) << "speech is no image";
}

TEST(network_task, an_unknown_network_is_an_error_that_lists_the_known_ones) {
  try {
    task_of_network("resnet-5000", 2.0);
    FAIL();
  } catch (const inference::error& refused) {
    EXPECT_NE(std::string(refused.what()).find("resnet-5000"), std::string::npos);
    EXPECT_NE(std::string(refused.what()).find("retinanet"), std::string::npos);
  }
}

}  // namespace
}  // namespace dvfo::policy
