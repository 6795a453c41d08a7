#include "inference/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <thread>

#include "inference/codec/feature_codec.hpp"
#include "inference/error.hpp"
#include "inference/execution/networks.hpp"
#include "tests/inference/small_bundle.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using testing::HasSubstr;

image noise_image(int side, unsigned seed) {
  std::mt19937 random(seed);
  image out{side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * side * side))};
  for (auto& each : out.pixels) each = static_cast<std::uint8_t>(random());
  return out;
}

std::vector<std::vector<float>> random_maps(const feature_format& format, std::size_t count) {
  std::mt19937 random(4);
  std::uniform_real_distribution<float> value(0.0F, 2.0F);
  std::vector<std::vector<float>> out(count);
  for (auto& map : out) {
    map.resize(static_cast<std::size_t>(format.channels * format.height * format.width));
    for (float& each : map) each = value(random);
  }
  return out;
}

/// What the local half answers in float at trained_shares[share_index].
std::vector<float> float_answer(const model_bundle& bundle, const extraction& found, std::size_t share_index) {
  torch::NoGradGuard no_gradient;
  const auto& f = bundle.manifest().format;
  auto features = torch::empty({1, f.channels, f.height, f.width});
  std::copy(found.features.values().begin(), found.features.values().end(), features.data_ptr<float>());
  const auto importance = torch::tensor(found.importance).unsqueeze(0);
  split_network split = bundle.tensors().split;
  const auto kept = split->kept({features, importance}, share_index);
  const auto logits = float_network(*split->local, share_index).forward(kept).contiguous();
  return {logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()};
}

/// Differences count against the largest value wanted.
void expect_near(std::span<const float> found, std::span<const float> wanted, double tolerance) {
  ASSERT_EQ(found.size(), wanted.size());
  float largest = 0.0F;
  for (const float each : wanted) largest = std::max(largest, std::abs(each));
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(found[i], wanted[i], tolerance * largest) << i;
}

void expect_near(std::span<const std::vector<float>> found, std::span<const std::vector<float>> wanted,
                 double tolerance) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) expect_near(std::span(found[i]), std::span(wanted[i]), tolerance);
}

/// Both halves of a bundle, as nodes load it.
class small_model : public testing::Test {
 protected:
  static model_bundle saved_and_loaded() {
    const tests::temporary_folder folder;
    model_bundle(small_manifest(), small_networks(small_manifest())).save(folder.path());
    return model_bundle::load(folder.path());
  }

  model_bundle bundle_ = saved_and_loaded();
};

TEST_F(small_model, runs_on_both_sides) {
  edge_model edge(bundle_);
  cloud_model cloud(bundle_);
  image picture{20, 18, std::vector<std::uint8_t>(3 * 20 * 18, 100)};
  const auto extracted = edge.extract(picture);
  EXPECT_EQ(extracted.features.values().size(), 8U * 8U * 8U);
  EXPECT_EQ(extracted.importance.size(), 8U);
  for (const double share : {0.0, 0.25, 0.5, 0.75}) {
    EXPECT_EQ(edge.infer_local(extracted.features, split_channels(extracted.importance, share).primary, share).size(),
              3U);
  }
  EXPECT_THROW(static_cast<void>(edge.infer_local(extracted.features, {}, 1.0)), error);
  const std::vector<std::vector<float>> maps(3,
                                             {extracted.features.values().begin(), extracted.features.values().end()});
  EXPECT_EQ(cloud.infer_remote(maps, 0.5).size(), 3U);
  EXPECT_THROW(static_cast<void>(cloud.infer_remote(maps, 0.0)), error);
  EXPECT_THROW(static_cast<void>(cloud.infer_remote(std::vector<std::vector<float>>{{1.0F}}, 0.5)), error);
}

TEST_F(small_model, local_half_sees_imputed_values_in_place_of_what_is_sent) {
  edge_model edge(bundle_);
  const auto some = edge.extract(image{16, 16, std::vector<std::uint8_t>(3 * 16 * 16, 100)});
  std::vector<float> values(some.features.values().begin(), some.features.values().end());
  const std::vector<std::uint16_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::uint16_t> kept = {0, 2, 3, 5, 6, 7};
  const auto without = edge.infer_local(feature_map(values), kept, 0.25);
  EXPECT_NE(without, edge.infer_local(feature_map(values), all, 0.25));
  for (const int sent : {1, 4}) {
    std::fill_n(values.begin() + sent * 64, 64, bundle_.tensors().split->imputed_local[sent].item<float>());
  }
  EXPECT_EQ(without, edge.infer_local(feature_map(values), all, 0.25));
}

TEST_F(small_model, remote_half_sees_after_the_wire_what_it_saw_in_training) {
  auto split = small_networks(small_manifest())->split;
  torch::NoGradGuard no_gradient;
  const auto extracted = split->stage(torch::rand({1, 3, 16, 16}));
  const auto expected = split(extracted, 2).remote.logits;
  const auto* map = extracted.features.data_ptr<float>();
  const auto* importance = extracted.importance.data_ptr<float>();
  std::vector<std::byte> frame;
  encode_features(bundle_.manifest().format, {map, 512}, split_channels({importance, 8}, 0.5).secondary, frame);
  std::vector<std::vector<float>> received(1, std::vector<float>(512));
  decode_features(bundle_.manifest().format, frame, received[0]);
  const auto found = cloud_model(bundle_).infer_remote(received, 0.5)[0];
  // Stored in bfloat16, of 8 bits.
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(found[c], expected[0][c].item<float>(), 0.02 * expected.abs().max().item<float>());
}

// One float answer for all backends: eight bits miss it here by far less than another width's or another split's would.
TEST_F(small_model, local_half_answers_near_its_float_twin) {
  edge_model edge(bundle_);
  const auto found = edge.extract(noise_image(16, 3));
  const auto kept = split_channels(found.importance, 0.5).primary;
  expect_near(edge.infer_local(found.features, kept, 0.5), float_answer(bundle_, found, 2), 0.2);
}

TEST_F(small_model, runs_on_a_gpu_or_says_that_there_is_none) {
  if (!torch::cuda::is_available()) {
    try {
      const cloud_model cloud(bundle_, backend::cuda_fp16);
      FAIL() << "a GPU that nobody has was taken";
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::bad_argument);
      EXPECT_THAT(refused.what(), HasSubstr("cuda-fp16"));
    }
    EXPECT_THROW(edge_model(bundle_, backend::cuda_fp16), error);
    return;
  }
  edge_model edge_here(bundle_);
  edge_model edge_there(bundle_, backend::cuda_fp16);
  const auto picture = noise_image(16, 3);
  const auto wanted = edge_here.extract(picture);
  const auto found = edge_there.extract(picture);
  expect_near(found.features.values(), wanted.features.values(), 0.01);
  expect_near(found.importance, wanted.importance, 0.01);
  const auto kept = split_channels(wanted.importance, 0.5).primary;
  expect_near(edge_there.infer_local(wanted.features, kept, 0.5), float_answer(bundle_, wanted, 2), 0.01);
  cloud_model here(bundle_);
  cloud_model there(bundle_, backend::cuda_fp16);
  for (const std::size_t count : {1U, 3U, 1U}) {  // the first batch size twice: captured, then replayed
    const auto maps = random_maps(bundle_.manifest().format, count);
    expect_near(there.infer_remote(maps, 0.5), here.infer_remote(maps, 0.5), 0.01);
    std::vector<any_input> pictures;
    for (std::size_t i = 0; i < count; ++i) pictures.push_back(noise_image(16, static_cast<unsigned>(i)));
    expect_near(there.infer_whole(pictures), here.infer_whole(pictures), 0.01);
  }
}

// What other threads did meanwhile broke captures, and those that shared one of LibTorch's streams became part of them.
TEST_F(small_model, serves_many_threads_on_a_gpu_each_with_a_model_of_its_own) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU";
  cloud_model here(bundle_);
  const auto maps = random_maps(bundle_.manifest().format, 8);
  const auto wanted = here.infer_remote(maps, 0.5);
  std::vector<std::jthread> workers;
  for (int w = 0; w < 12; ++w) {
    workers.emplace_back([&] {
      cloud_model own(bundle_, backend::cuda_fp16);
      for (std::size_t count = 1; count <= maps.size(); ++count) {
        expect_near(own.infer_remote(std::span(maps).first(count), 0.5), std::span(wanted).first(count), 0.01);
      }
    });
  }
}

}  // namespace
}  // namespace dvfo::inference
