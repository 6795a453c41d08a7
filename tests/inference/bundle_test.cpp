#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <span>
#include <thread>

#include "inference/bundle/manifest.hpp"
#include "inference/bundle/weight_file.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/error.hpp"
#include "inference/execution/networks.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using testing::HasSubstr;

bundle_manifest small_manifest() {
  bundle_manifest out;
  out.name = "small";
  out.architecture = "resnet18";
  out.dataset = "procedural";
  out.recipe = "made by a test";
  out.input_size = 16;
  out.base_width = 8;
  out.labels = {"a", "b", "c"};
  out.format = {.channels = 8, .height = 8, .width = 8, .bits = 2, .quantisers = {}};
  for (const double share : trained_shares) out.figures.push_back({share, 1.0 - share, 50.0});
  return out;
}

/// Networks with ranges, untrained: enough to be saved, loaded and run.
std::shared_ptr<model_bundle::weights> small_networks(const bundle_manifest& manifest) {
  torch::manual_seed(9);
  const auto net = architecture_of(manifest);
  auto out = std::make_shared<model_bundle::weights>();
  out->split = split_network(net, manifest.format.bits);
  out->reference = reference_network(net);
  out->fusions = untrained_fusions(static_cast<int>(manifest.labels.size()));
  torch::NoGradGuard no_gradient;
  out->split->imputed_local.copy_(torch::rand({manifest.format.channels}));
  out->split->imputed_remote.copy_(torch::arange(1, 9));  // far from 0, which would pass unseen
  out->split->quantiser->named_parameters()["step"].copy_(0.25 * torch::arange(1, 9));
  out->split->local->set_observing(true);
  const auto extracted = out->split->stage(torch::rand({8, 3, 16, 16}));
  for (std::size_t s = 0; s < trained_shares.size(); ++s) out->split(extracted, s);
  out->split->local->set_observing(false);
  out->split->eval();
  out->reference->eval();
  return out;
}

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

class bundle_folder : public testing::Test {
 protected:
  void SetUp() override {
    manifest_ = small_manifest();
    model_bundle(manifest_, small_networks(manifest_)).save(folder_.path());
  }

  std::vector<char> read(const char* name) const {
    std::ifstream in(folder_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const char* name, const std::vector<char>& bytes) const {
    std::ofstream(folder_.path() / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void replace(const std::string& what, const std::string& with) const {
    const auto raw = read("manifest.toml");
    std::string text(raw.begin(), raw.end());
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    text.replace(at, what.size(), with);
    write("manifest.toml", {text.begin(), text.end()});
  }
  std::string refusal() const {
    try {
      model_bundle::load(folder_.path());
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::bad_bundle) << e.what();
      return e.what();
    }
    return "loaded";
  }

  tests::temporary_folder folder_;
  bundle_manifest manifest_;
};

TEST_F(bundle_folder, loads_what_was_saved) {
  const auto loaded = model_bundle::load(folder_.path());
  EXPECT_EQ(loaded.manifest().name, "small");
  EXPECT_EQ(loaded.manifest().labels, manifest_.labels);
  EXPECT_EQ(loaded.manifest().recipe, manifest_.recipe);
  ASSERT_EQ(loaded.manifest().figures.size(), trained_shares.size());
  EXPECT_EQ(loaded.lambda(0.5), 0.5);
  EXPECT_NEAR(loaded.lambda(0.4), 0.6, 1e-12);
  EXPECT_NE(loaded.manifest().id, 0U);
  EXPECT_THAT(loaded.manifest().format.imputed, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  ASSERT_EQ(loaded.manifest().format.quantisers.size(), 8U);
  EXPECT_EQ(loaded.manifest().format.quantisers[0].step, 0.25F);
  EXPECT_EQ(loaded.manifest().format.quantisers[7].step, 2.0F);
  EXPECT_TRUE(torch::equal(loaded.tensors().split->imputed_local, small_networks(manifest_)->split->imputed_local));
}

TEST_F(bundle_folder, brings_the_weights_that_widths_have_for_themselves) {
  const auto networks = small_networks(manifest_);
  {
    torch::NoGradGuard no_gradient;
    networks->split->local->part_weights();
    networks->split->local->named_parameters()["op1_weight2"].fill_(0.5);
  }
  model_bundle(manifest_, networks).save(folder_.path());
  const auto loaded = model_bundle::load(folder_.path()).tensors().split->local;
  EXPECT_TRUE(loaded->has_parted_weights());
  const auto at = [&](std::size_t variant) { return loaded->fold(1, variant).weight; };
  EXPECT_GT(at(2).min().item<float>(), 0.49F);
  EXPECT_LT(at(1).min().item<float>(), 0.0F);
}

TEST_F(bundle_folder, brings_the_weights_that_the_remote_trunk_has_for_a_share) {
  const auto networks = small_networks(manifest_);
  {
    torch::NoGradGuard no_gradient;
    networks->split->remote->part_weights();
    networks->split->remote->named_parameters()["op1_weight3"].fill_(0.5);
  }
  model_bundle(manifest_, networks).save(folder_.path());
  const auto loaded = model_bundle::load(folder_.path()).tensors().split;
  EXPECT_FALSE(loaded->local->has_parted_weights());
  EXPECT_GT(loaded->remote->fold(1, 3).weight.min().item<float>(), 0.49F);
  EXPECT_LT(loaded->remote->fold(1, 2).weight.min().item<float>(), 0.0F);
}

TEST_F(bundle_folder, brings_the_covariance_of_what_is_sent) {
  const auto covariance = small_networks(manifest_)->split->covariance_remote;
  const auto loaded = model_bundle::load(folder_.path());
  ASSERT_EQ(loaded.manifest().format.covariance.size(), 64U);
  EXPECT_EQ(loaded.manifest().format.covariance[9], covariance[1][1].item<float>());
  EXPECT_GT(loaded.manifest().format.covariance[9], 0.0F);
}

TEST_F(bundle_folder, a_covariance_of_no_channels_is_refused) {
  auto weights = read_weights(folder_.path() / "weights.bin");
  const auto before = fmt::format("{:016x}", weights.id);
  weights.tensors.at("split.covariance_remote")[2][3] = 1e3F;
  replace(before, fmt::format("{:016x}", write_weights(folder_.path() / "weights.bin", weights.tensors)));
  EXPECT_THAT(refusal(), HasSubstr("covariances"));
}

// Channels were imputed only after the first bundles had been made: those learned with zeros, and go on with them. The
// next ones knew means alone.
TEST_F(bundle_folder, without_imputed_values_is_one_of_zeros) {
  auto weights = read_weights(folder_.path() / "weights.bin");
  const auto before = fmt::format("{:016x}", weights.id);
  std::erase_if(weights.tensors, [](const auto& each) {
    return each.first.starts_with("split.imputed_") || each.first == "split.covariance_remote";
  });
  const auto id = write_weights(folder_.path() / "weights.bin", weights.tensors);
  replace(before, fmt::format("{:016x}", id));
  const auto loaded = model_bundle::load(folder_.path());
  EXPECT_THAT(loaded.manifest().format.imputed, testing::Each(0.0F));
  EXPECT_TRUE(loaded.manifest().format.covariance.empty());
  EXPECT_EQ(loaded.tensors().split->imputed_local.abs().max().item<float>(), 0.0F);
}

TEST_F(bundle_folder, a_step_that_the_codec_cannot_use_is_refused) {
  auto weights = read_weights(folder_.path() / "weights.bin");
  const auto before = fmt::format("{:016x}", weights.id);
  weights.tensors.at("split.quantiser.step")[3] = 3e38F;  // finite, but three steps are not
  replace(before, fmt::format("{:016x}", write_weights(folder_.path() / "weights.bin", weights.tensors)));
  EXPECT_THAT(refusal(), HasSubstr("highest level of channel 3"));
}

TEST_F(bundle_folder, saving_a_loaded_bundle_gives_the_same_weights) {
  const auto loaded = model_bundle::load(folder_.path());
  tests::temporary_folder again;
  loaded.save(again.path());
  EXPECT_EQ(model_bundle::load(again.path()).manifest().id, loaded.manifest().id);
}

TEST_F(bundle_folder, runs_on_both_sides) {
  const auto loaded = model_bundle::load(folder_.path());
  edge_model edge(loaded);
  cloud_model cloud(loaded);
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

TEST_F(bundle_folder, local_half_sees_imputed_values_in_place_of_what_is_sent) {
  const auto loaded = model_bundle::load(folder_.path());
  edge_model edge(loaded);
  const auto some = edge.extract({16, 16, std::vector<std::uint8_t>(3 * 16 * 16, 100)});
  std::vector<float> values(some.features.values().begin(), some.features.values().end());
  const std::vector<std::uint16_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::uint16_t> kept = {0, 2, 3, 5, 6, 7};
  const auto without = edge.infer_local(feature_map(values), kept, 0.25);
  EXPECT_NE(without, edge.infer_local(feature_map(values), all, 0.25));
  for (const int sent : {1, 4}) {
    std::fill_n(values.begin() + sent * 64, 64, loaded.tensors().split->imputed_local[sent].item<float>());
  }
  EXPECT_EQ(without, edge.infer_local(feature_map(values), all, 0.25));
}

TEST_F(bundle_folder, remote_half_sees_after_the_wire_what_it_saw_in_training) {
  const auto loaded = model_bundle::load(folder_.path());
  auto split = small_networks(manifest_)->split;
  torch::NoGradGuard no_gradient;
  const auto extracted = split->stage(torch::rand({1, 3, 16, 16}));
  const auto expected = split(extracted, 2).remote.logits;
  const auto* map = extracted.features.data_ptr<float>();
  const auto* importance = extracted.importance.data_ptr<float>();
  std::vector<std::byte> frame;
  encode_features(loaded.manifest().format, {map, 512}, split_channels({importance, 8}, 0.5).secondary, frame);
  std::vector<std::vector<float>> received(1, std::vector<float>(512));
  decode_features(loaded.manifest().format, frame, received[0]);
  const auto found = cloud_model(loaded).infer_remote(received, 0.5)[0];
  // Stored in bfloat16, of 8 bits.
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(found[c], expected[0][c].item<float>(), 0.02 * expected.abs().max().item<float>());
}

// One float answer for all backends: eight bits miss it here by far less than another width's or another split's would.
TEST_F(bundle_folder, local_half_answers_near_its_float_twin) {
  const auto loaded = model_bundle::load(folder_.path());
  edge_model edge(loaded);
  const auto found = edge.extract(noise_image(16, 3));
  const auto kept = split_channels(found.importance, 0.5).primary;
  expect_near(edge.infer_local(found.features, kept, 0.5), float_answer(loaded, found, 2), 0.2);
}

TEST_F(bundle_folder, runs_on_a_gpu_or_says_that_there_is_none) {
  const auto loaded = model_bundle::load(folder_.path());
  if (!torch::cuda::is_available()) {
    try {
      const cloud_model cloud(loaded, backend::cuda_fp16);
      FAIL() << "a GPU that nobody has was taken";
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::bad_argument);
      EXPECT_THAT(refused.what(), HasSubstr("cuda-fp16"));
    }
    EXPECT_THROW(edge_model(loaded, backend::cuda_fp16), error);
    return;
  }
  edge_model edge_here(loaded);
  edge_model edge_there(loaded, backend::cuda_fp16);
  const auto picture = noise_image(16, 3);
  const auto wanted = edge_here.extract(picture);
  const auto found = edge_there.extract(picture);
  expect_near(found.features.values(), wanted.features.values(), 0.01);
  expect_near(found.importance, wanted.importance, 0.01);
  const auto kept = split_channels(wanted.importance, 0.5).primary;
  expect_near(edge_there.infer_local(wanted.features, kept, 0.5), float_answer(loaded, wanted, 2), 0.01);
  cloud_model here(loaded);
  cloud_model there(loaded, backend::cuda_fp16);
  for (const std::size_t count : {1U, 3U, 1U}) {  // the first batch size twice: captured, then replayed
    const auto maps = random_maps(loaded.manifest().format, count);
    expect_near(there.infer_remote(maps, 0.5), here.infer_remote(maps, 0.5), 0.01);
    std::vector<image> pictures;
    for (std::size_t i = 0; i < count; ++i) pictures.push_back(noise_image(16, static_cast<unsigned>(i)));
    expect_near(there.infer_whole(pictures), here.infer_whole(pictures), 0.01);
  }
}

// What other threads did meanwhile broke captures, and those that shared one of LibTorch's streams became part of them.
TEST_F(bundle_folder, serves_many_threads_on_a_gpu_each_with_a_model_of_its_own) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU";
  const auto loaded = model_bundle::load(folder_.path());
  cloud_model here(loaded);
  const auto maps = random_maps(loaded.manifest().format, 8);
  const auto wanted = here.infer_remote(maps, 0.5);
  std::vector<std::jthread> workers;
  for (int w = 0; w < 12; ++w) {
    workers.emplace_back([&] {
      cloud_model own(loaded, backend::cuda_fp16);
      for (std::size_t count = 1; count <= maps.size(); ++count) {
        expect_near(own.infer_remote(std::span(maps).first(count), 0.5), std::span(wanted).first(count), 0.01);
      }
    });
  }
}

TEST_F(bundle_folder, flipped_weight_byte_is_found_by_the_checksum) {
  auto bytes = read("weights.bin");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write("weights.bin", bytes);
  EXPECT_THAT(refusal(), HasSubstr("checksum"));
}

TEST_F(bundle_folder, truncated_weights_are_refused_at_every_length) {
  const auto bytes = read("weights.bin");
  std::mt19937 random(1);
  for (int i = 0; i < 40; ++i) {
    write("weights.bin", {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(random() % bytes.size())});
    EXPECT_NE(refusal(), "loaded");
  }
}

TEST_F(bundle_folder, random_bytes_are_no_bundle) {
  std::mt19937 random(2);
  std::vector<char> noise(5000);
  for (auto& c : noise) c = static_cast<char>(random());
  write("weights.bin", noise);
  EXPECT_THAT(refusal(), HasSubstr("weights.bin"));
  write("manifest.toml", noise);
  EXPECT_THAT(refusal(), HasSubstr("manifest.toml"));
}

TEST_F(bundle_folder, foreign_weights_are_refused) {
  tests::temporary_folder other;
  auto manifest = manifest_;
  manifest.labels.push_back("d");
  model_bundle(manifest, small_networks(manifest)).save(other.path());
  std::filesystem::copy_file(other.path() / "weights.bin", folder_.path() / "weights.bin",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(refusal(), HasSubstr("different bundles"));
}

TEST_F(bundle_folder, missing_files_and_keys_are_named) {
  replace("base_width = 8", "base_with = 8");
  EXPECT_THAT(refusal(), HasSubstr("\"base_width\" is nothing"));
  std::filesystem::remove(folder_.path() / "weights.bin");
  replace("base_with = 8", "base_width = 8");
  EXPECT_THAT(refusal(), HasSubstr("weights.bin"));
  std::filesystem::remove(folder_.path() / "manifest.toml");
  EXPECT_THAT(refusal(), HasSubstr("manifest.toml: not found"));
}

TEST_F(bundle_folder, values_out_of_range_are_named) {
  replace("base_width = 8", "base_width = 8000");
  EXPECT_THAT(refusal(), HasSubstr("8000"));
  replace("base_width = 8000", "base_width = 16");
  EXPECT_THAT(refusal(), HasSubstr("shape"));
  replace("feature_bits = 2", "feature_bits = 5");
  EXPECT_THAT(refusal(), HasSubstr("\"feature_bits\" is 5, expected 8, 4, 3 or 2"));
  replace("format_version = 1", "format_version = 2");
  EXPECT_THAT(refusal(), HasSubstr("format_version"));
}

TEST(weight_file, keeps_every_type_and_shape) {
  tests::temporary_folder folder;
  const auto file = folder.path() / "w.bin";
  torch::manual_seed(1);
  const named_tensors tensors = {{"scalar", torch::tensor(3.5F)},
                                 {"half", torch::randn({3, 4, 5}).to(torch::kBFloat16)},
                                 {"bytes", torch::randint(-127, 128, {7, 2}).to(torch::kChar)},
                                 {"empty", torch::zeros({0, 3})}};
  const auto id = write_weights(file, tensors);
  const auto back = read_weights(file);
  EXPECT_EQ(back.id, id);
  ASSERT_EQ(back.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(torch::equal(back.tensors.at(name), tensor)) << name;
}

}  // namespace
}  // namespace dvfo::inference
