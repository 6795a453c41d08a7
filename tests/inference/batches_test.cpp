#include "inference/batches.hpp"

#include <gtest/gtest.h>

#include "inference/data/dataset.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t batch_size = 8;

/// How much neighbours differ.
double roughness(const torch::Tensor& x) {
  return (x.narrow(3, 1, x.size(3) - 1) - x.narrow(3, 0, x.size(3) - 1)).abs().mean().item<double>();
}

class batches_test : public testing::Test {
 protected:
  batch get(image_store::distortion how, std::uint64_t epoch, std::size_t index) const {
    return image_store::epoch(images_, batch_size, 1, epoch, how).get(index);
  }

  image_store images_{*make_procedural(subset::train, 64), 0, 64};
};

// Regression: a network that began with published weights took its statistics from the first 96 images of a folder,
// all of one class, and had forgotten what it knew after the first batches of training.
TEST_F(batches_test, a_spread_sample_has_every_class_in_proportion) {
  const auto count = [](const torch::Tensor& labels) { return torch::bincount(labels, {}, 10).to(torch::kDouble); };
  const auto sample = images_.spread(20);
  EXPECT_EQ(sample.images.size(0), 20);
  const auto wanted = count(images_.plain(0, 64).labels) * (20.0 / 64.0);
  EXPECT_LE((count(sample.labels) - wanted).abs().max().item<double>(), 1.0);
  EXPECT_EQ(images_.spread(1000).images.size(0), 64);
}

TEST_F(batches_test, a_crop_is_a_pure_function_of_seed_and_epoch) {
  const image_store::distortion how = {.crop_scale = 0.3};
  const auto first = get(how, 2, 3);
  EXPECT_TRUE(torch::equal(first.images, get(how, 2, 3).images));
  EXPECT_FALSE(torch::equal(first.images, get(how, 3, 3).images));
  EXPECT_EQ(first.images.sizes(), get({}, 2, 3).images.sizes());
  EXPECT_TRUE(torch::equal(first.labels, get({}, 2, 3).labels)) << "the same pictures, changed otherwise";
}

TEST_F(batches_test, a_crop_invents_no_colour) {
  const auto whole = images_.plain(0, 64).images;
  const auto seen = get({.crop_scale = 0.2}, 0, 0).images;
  EXPECT_GE(seen.min().item<float>(), whole.min().item<float>());
  EXPECT_LE(seen.max().item<float>(), whole.max().item<float>() + 1e-5F);
}

TEST_F(batches_test, pictures_come_in_another_size_where_asked) {
  const auto small = get({.side = 20}, 1, 2);
  EXPECT_EQ(small.images.sizes(), torch::IntArrayRef({batch_size, 3, 20, 20}));
  EXPECT_NEAR(small.images.mean().item<double>(), get({}, 1, 2).images.mean().item<double>(), 0.05);
  EXPECT_EQ(get({.crop_scale = 0.5, .side = 20}, 1, 2).images.size(3), 20);
}

// Regression: small pictures were whole pictures made smaller. The networks learned a scale that they never met
// again, and lost four points where they had begun.
TEST_F(batches_test, a_small_picture_has_the_scale_of_the_whole) {
  EXPECT_NEAR(roughness(get({.crop_scale = 0.9, .side = 16}, 0, 0).images),
              roughness(get({.crop_scale = 0.9}, 0, 0).images), 0.15 * roughness(get({}, 0, 0).images));
}

/// What is cut is scaled up: neighbours are more alike than in the picture itself.
TEST_F(batches_test, a_crop_is_scaled_up) {
  EXPECT_LT(roughness(get({.crop_scale = 0.1}, 0, 0).images), 0.9 * roughness(get({.padding = 0}, 0, 0).images));
}

}  // namespace
}  // namespace dvfo::inference
