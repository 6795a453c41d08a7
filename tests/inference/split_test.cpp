#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/error.hpp"
#include "inference/layers/scam.hpp"
#include "inference/model.hpp"

namespace dvfo::inference {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(split_channels, sends_the_least_important) {
  const std::vector<float> importance = {0.1F, 0.4F, 0.2F, 0.3F};
  const auto split = split_channels(importance, 0.5);
  EXPECT_THAT(split.primary, ElementsAre(1, 3));
  EXPECT_THAT(split.secondary, ElementsAre(0, 2));
}

TEST(split_channels, ends_keep_or_send_everything) {
  const std::vector<float> importance = {0.5F, 0.2F, 0.3F};
  EXPECT_THAT(split_channels(importance, 0.0).secondary, IsEmpty());
  EXPECT_THAT(split_channels(importance, 1.0).primary, IsEmpty());
  EXPECT_THAT(split_channels(importance, 1.0).secondary, ElementsAre(0, 1, 2));
}

TEST(split_channels, of_equals_the_higher_index_goes) {
  const std::vector<float> importance(4, 0.25F);
  EXPECT_THAT(split_channels(importance, 0.25).secondary, ElementsAre(3));
}

TEST(split_channels, refuses_shares_outside_their_range) {
  const std::vector<float> importance(4, 0.25F);
  EXPECT_THROW(split_channels(importance, -0.1), error);
  EXPECT_THROW(split_channels(importance, 1.1), error);
  EXPECT_THROW(split_channels(importance, std::nan("")), error);
}

// Training masks channels in batches, the edge splits them one task at a time: both must send the same ones.
TEST(split_channels, agrees_with_the_mask_that_training_uses) {
  torch::manual_seed(3);
  const auto importance =
      torch::softmax(torch::randint(0, 4, {50, 32}).to(torch::kFloat), 1).contiguous();  // many ties
  for (const double share : {0.0, 0.1, 0.25, 0.5, 0.66, 0.75, 1.0}) {
    const auto mask = secondary_mask(importance, share).contiguous();
    for (std::int64_t i = 0; i < importance.size(0); ++i) {
      const std::span<const float> row(importance.data_ptr<float>() + i * 32, 32);
      std::vector<std::uint16_t> expected;
      for (int c = 0; c < 32; ++c) {
        if (mask[i][c].item<bool>()) expected.push_back(static_cast<std::uint16_t>(c));
      }
      EXPECT_EQ(split_channels(row, share).secondary, expected) << "share " << share << ", row " << i;
    }
  }
}

TEST(fuse_weighted, weighs_local_with_lambda) {
  const std::vector<float> local = {1.0F, 0.0F};
  const std::vector<float> remote = {0.0F, 1.0F};
  EXPECT_THAT(fuse_weighted(local, remote, 0.75), ElementsAre(0.75F, 0.25F));
  EXPECT_THROW(fuse_weighted(local, std::vector<float>{1.0F}, 0.5), error);
}

TEST(grid_share, never_leaves_or_enters_the_ends) {
  EXPECT_EQ(grid_share(0.0), 0.0);
  EXPECT_EQ(grid_share(0.01), 0.25);
  EXPECT_EQ(grid_share(0.4), 0.5);
  EXPECT_EQ(grid_share(0.99), 0.75);
  EXPECT_EQ(grid_share(1.0), 1.0);
}

}  // namespace
}  // namespace dvfo::inference
