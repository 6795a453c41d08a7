#include "inference/published/given_weights.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "inference/bundle/weights.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/measurement/published.hpp"
#include "inference/training/channel_order.hpp"
#include "inference/training/published_start.hpp"
#include "inference/training/trainer.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using testing::HasSubstr;

constexpr int classes = 12;  // the procedural set's ten, and two more

architecture small_mobilenet(int number_of_classes) {
  return make_mobilenet_v2({.input_size = 32, .classes = number_of_classes, .base_width = 8, .feature_channels = 16});
}

void no_progress(std::size_t /*done*/, std::size_t /*all*/) {}

bool is_layer(const op& o) {
  return o.kind == op_kind::conv || o.kind == op_kind::depthwise || o.kind == op_kind::linear;
}

/// Writes random weights for `net` as somebody might publish them.
class given_folder : public testing::Test {
 protected:
  given_folder() {
    torch::manual_seed(3);
    std::ofstream values(file("net.f32"), std::ios::binary);
    std::ofstream table(file("net.tsv"));
    table << "#layer\tkind\ttensor\tshape\tbyte_offset\tcount\n";
    const auto& ops = net_.whole.ops();
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (!is_layer(ops[i])) continue;
      const std::int64_t in = ops[i].kind == op_kind::depthwise ? 1 : net_.whole.at(ops[i].from[0]).out.channels;
      const auto fan = static_cast<double>(in * ops[i].kernel.height * ops[i].kernel.width);
      add(values, table, "weight",
          torch::randn({ops[i].out.channels, in, ops[i].kernel.height, ops[i].kernel.width}) / std::sqrt(fan));
      add(values, table, "bias", torch::randn({ops[i].out.channels}) * 0.1);
      ++layers_;
    }
    std::ofstream labels(file("imagenet_labels.txt"));
    const auto known = make_procedural(subset::test, 1)->labels();
    labels << "background\n";
    for (const auto& label : known) labels << label << ", another name\n";
    labels << "something else\n";
  }

  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  void add(std::ofstream& values, std::ofstream& table, const char* name, const torch::Tensor& tensor) {
    table << fmt::format("{}\tconv\t{}\t{}\t{}\t{}\n", layers_, name, fmt::join(tensor.sizes().vec(), "x"), offset_,
                         tensor.numel());
    const auto bytes = tensor.numel() * static_cast<std::int64_t>(sizeof(float));
    values.write(reinterpret_cast<const char*>(tensor.contiguous().data_ptr<float>()), bytes);
    offset_ += bytes;
  }

  std::string refusal() {
    try {
      given_weights::load(folder_.path());
    } catch (const error& refused) {
      return refused.what();
    }
    return "nothing was refused";
  }

  tests::temporary_folder folder_;
  architecture net_ = small_mobilenet(classes);
  int layers_ = 0;
  std::int64_t offset_ = 0;
};

TEST_F(given_folder, every_layer_finds_its_operator) {
  const auto weights = given_weights::load(folder_.path());
  EXPECT_EQ(weights.layers.size(), static_cast<std::size_t>(layers_));
  given_network net(net_, weights);
  net->eval();
  EXPECT_EQ(net(torch::rand({2, 3, 32, 32})).sizes(), (torch::IntArrayRef{2, classes}));
}

TEST_F(given_folder, a_restricted_classifier_answers_as_the_whole_one_for_its_labels) {
  const auto weights = given_weights::load(folder_.path());
  const auto wanted = make_procedural(subset::test, 1)->labels();
  given_network all(net_, weights);
  given_network some(small_mobilenet(static_cast<int>(wanted.size())), weights.restricted_to(wanted));
  all->eval();
  some->eval();
  const auto images = torch::rand({2, 3, 32, 32});
  EXPECT_TRUE(torch::allclose(some(images), all(images).narrow(1, 1, 10), 1e-4, 1e-5));
  EXPECT_THROW(static_cast<void>(weights.restricted_to({"no such thing"})), error);
}

TEST_F(given_folder, adopting_statistics_changes_no_answer_but_makes_training_mode_agree) {
  given_network net(net_, given_weights::load(folder_.path()));
  torch::NoGradGuard no_gradient;
  const auto images = torch::rand({16, 3, 32, 32});
  net->eval();
  const auto before = net(images);
  net->net->adopt_statistics((images - 0.5) / 0.5);
  EXPECT_TRUE(torch::allclose(net(images), before, 1e-3, 1e-3));
  net->train();
  EXPECT_TRUE(torch::allclose(net(images), before, 1e-2, 1e-2)) << "a batch's own statistics are the adopted ones";
}

TEST_F(given_folder, a_network_with_a_bottleneck_begins_with_the_published_answers) {
  given_network given(net_, given_weights::load(folder_.path()));
  reference_network reference(net_);
  torch::NoGradGuard no_gradient;
  given->eval();
  const auto images = torch::rand({32, 3, 32, 32});
  given->net->adopt_statistics((images - 0.5) / 0.5);
  start_from_given(given, images, reference);
  reference->eval();
  const auto wanted = given(images);
  const auto found = reference(images);
  EXPECT_LT((found - wanted).square().mean().item<double>(), 0.02 * wanted.var().item<double>());
}

TEST_F(given_folder, an_architecture_without_such_a_bottleneck_is_refused) {
  const auto other = make_architecture("resnet18", {.input_size = 32, .classes = classes, .base_width = 8});
  reference_network reference(other);
  given_network given(net_, given_weights::load(folder_.path()));
  EXPECT_THROW(start_from_given(given, torch::rand({4, 3, 32, 32}), reference), error);
}

TEST_F(given_folder, channels_in_order_change_no_answer_and_the_leading_ones_carry_most) {
  const auto weights = given_weights::load(folder_.path());
  const auto images = torch::rand({8, 3, 32, 32});
  given_network published(net_, weights);
  given_network ordered(net_, order_channels(net_, weights, images, no_progress));
  torch::NoGradGuard no_gradient;
  published->eval();
  ordered->eval();
  EXPECT_TRUE(torch::allclose(ordered(images), published(images), 1e-3, 1e-4));
  const auto& ops = net_.whole.ops();
  const int last_convolution = ops[ops.size() - 2].from[0];
  const int bottleneck = net_.whole.at(last_convolution).from[0];
  const auto variances = [&](given_network& net, int index) {
    return net->values(images)[static_cast<std::size_t>(index)].transpose(0, 1).flatten(1).var(1);
  };
  const auto found = variances(ordered, bottleneck);
  EXPECT_TRUE(found.narrow(0, 1, found.size(0) - 1).le(found.narrow(0, 0, found.size(0) - 1)).all().item<bool>());
  EXPECT_GT(found[0].item<double>(), variances(published, bottleneck).max().item<double>()) << "rotated, not sorted";
  EXPECT_TRUE(torch::allclose(std::get<0>(variances(ordered, last_convolution).sort()),
                              std::get<0>(variances(published, last_convolution).sort()), 1e-3, 1e-5))
      << "behind an activation channels can only change places";
}

TEST_F(given_folder, a_channel_that_another_repeats_is_the_first_to_go) {
  auto weights = given_weights::load(folder_.path());
  torch::manual_seed(4);
  const auto images = torch::rand({64, 3, 32, 32});
  const auto& ops = net_.whole.ops();
  std::vector<int> layers;
  for (int i = 0; i < static_cast<int>(ops.size()); ++i) {
    if (is_layer(ops[static_cast<std::size_t>(i)])) layers.push_back(i);
  }
  constexpr std::size_t expansion = 6;  // of the third block; its depthwise convolution follows
  ASSERT_EQ(net_.whole.at(layers[expansion + 1]).kind, op_kind::depthwise);
  torch::NoGradGuard no_gradient;
  const auto maps = [&](const given_weights& of) {
    given_network net(net_, of);
    net->eval();
    return net->values(images)[static_cast<std::size_t>(layers[expansion + 1])].transpose(0, 1).flatten(1);
  };
  // The channel that varies most, twice: sorted by what they carry both would lead.
  const auto variances = maps(weights).var(1);
  const auto loud = variances.argmax().item<std::int64_t>();
  const auto silent = variances.argmin().item<std::int64_t>();
  for (const auto index : {expansion, expansion + 1}) {
    auto& layer = weights.layers[index];
    layer.weight[silent] = layer.weight[loud];
    layer.bias[silent] = layer.bias[loud];
  }
  const auto repeated = maps(weights)[loud];
  const auto found = maps(order_channels(net_, weights, images, no_progress));
  std::vector<std::int64_t> places;
  for (std::int64_t c = 0; c < found.size(0); ++c) {
    if (torch::allclose(found[c], repeated, 1e-2, 1e-3)) places.push_back(c);
  }
  ASSERT_EQ(places.size(), 2U);
  EXPECT_LT(places[0], found.size(0) / 2);
  EXPECT_GT(places[1], found.size(0) * 3 / 4);
}

TEST_F(given_folder, the_less_important_half_of_the_features_tells_the_whole_map) {
  torch::manual_seed(4);
  const auto images = torch::rand({32, 3, 32, 32});
  const auto weights = order_channels(net_, given_weights::load(folder_.path()), images, no_progress);
  given_network given(net_, weights);
  reference_network reference(net_);
  torch::NoGradGuard no_gradient;
  given->eval();
  start_from_given(given, images, reference);
  reference->eval();
  const auto extracted = reference->stage(images);
  const auto channels = extracted.features.size(1);
  const auto rows = [](const torch::Tensor& map) { return map.transpose(0, 1).flatten(1).t().to(torch::kDouble); };
  const auto missed = [&](double share) {
    const auto sent = secondary_mask(extracted.importance, share).to(torch::kDouble).mean(0);
    const auto mostly = std::get<1>(sent.topk(std::lround(share * static_cast<double>(channels))));
    const auto all = rows(extracted.features);
    const auto x = torch::cat({all.index_select(1, mostly), torch::ones({all.size(0), 1}, torch::kDouble)}, 1);
    const auto fitted = x.matmul(std::get<0>(torch::linalg_lstsq(x, all, {}, "gelsd")));
    return ((all - fitted).square().sum() / (all - all.mean(0)).square().sum()).item<double>();
  };
  EXPECT_LT(missed(0.5), 1e-3);
  EXPECT_LT(missed(0.25), 0.5) << "the leading half of the dimensions";
  EXPECT_GT(missed(0.25), 1e-3);
  EXPECT_GT((extracted.features > 0).to(torch::kFloat).mean().item<double>(), 0.9) << "nothing is rectified away";
}

TEST_F(given_folder, a_frozen_first_stage_keeps_weights_and_statistics_while_the_rest_learns) {
  reference_network reference(net_);
  freeze_first_stage(reference->stage);
  const auto extractor = reference->stage->extractor();
  const auto before = extractor->fold(1, 0);
  const auto bottleneck = static_cast<int>(net_.extractor.ops().size()) - 1;
  const auto bottleneck_before = extractor->fold(bottleneck, 0);
  reference->train();
  reference(torch::rand({8, 3, 32, 32})).sum().backward();
  EXPECT_TRUE(torch::equal(extractor->fold(1, 0).bias, before.bias)) << "statistics";
  EXPECT_FALSE(torch::equal(extractor->fold(bottleneck, 0).bias, bottleneck_before.bias)) << "the bottleneck's own";
  for (const auto& each : extractor->named_parameters()) {
    const bool is_bottleneck = each.key().starts_with(fmt::format("op{}_", bottleneck));
    EXPECT_EQ(each.value().grad().defined(), is_bottleneck) << each.key();
  }
}

TEST_F(given_folder, a_remote_trunk_keeps_its_later_weights_but_not_their_normalisation) {
  network remote(net_.trunk, std::vector<double>{1.0, 1.0});
  freeze_later_half(remote);
  remote->train();
  const auto& in = net_.features;
  remote(torch::rand({8, in.channels, in.height, in.width}), 1).sum().backward();
  const auto half = static_cast<int>(net_.trunk.ops().size()) / 2;
  std::size_t kept = 0;
  for (const auto& each : remote->named_parameters()) {
    const bool later = std::stoi(each.key().substr(2)) >= half;  // "op12_weight"
    const bool of_variant_0 = each.key().ends_with("0");
    const bool weight = !each.key().ends_with("0") && !each.key().ends_with("1");
    EXPECT_EQ(each.value().grad().defined(), !(weight && later) && !of_variant_0) << each.key();
    kept += weight && later ? 1 : 0;
  }
  EXPECT_GT(kept, 0U);
}

TEST_F(given_folder, a_bundle_begins_with_them_and_says_what_they_reach_alone) {
  training_options o;
  o.output = folder_.path() / "bundle";
  o.architecture = "mobilenet-v2";
  o.weights = folder_.path();
  o.base_width = 8;
  o.feature_channels = 16;
  o.reference_epochs = 1;
  o.joint_epochs = 2;
  o.quantisation_epochs = 1;
  o.width_epochs = 1;
  o.held_back = 100;
  o.batch_size = 16;
  o.bfloat16 = false;
  o.rate_weight = 0.1;
  o.skew_weight = 1.0;
  o.hint_weight = 0.5;
  o.threads = 1;
  std::set<std::string> phases;
  const auto bundle = train_model(o, *make_procedural(subset::train, 260), *make_procedural(subset::test, 60),
                                  [&](const training_progress& p) { phases.insert(p.phase); });
  EXPECT_TRUE(phases.contains("fit") && phases.contains("widths"));
  EXPECT_TRUE(model_bundle::load(o.output).tensors().split->remote->has_parted_weights());
  ASSERT_TRUE(bundle.manifest().given_top1.has_value());
  EXPECT_EQ(model_bundle::load(o.output).manifest().given_top1, bundle.manifest().given_top1);
  EXPECT_EQ(bundle.manifest().held_back, 100);
}

// Batches of 25 pictures replaced the statistics of a million: the longer a width from published weights was trained,
// the worse it answered on pictures that it had not seen.
TEST_F(given_folder, published_normalisation_does_not_follow_batches) {
  const auto data = make_procedural(subset::train, 60);
  const image_store images(*data, 0, data->size());
  const auto net = small_mobilenet(static_cast<int>(data->labels().size()));
  const auto weights = given_weights::load(folder_.path()).restricted_to(data->labels());
  published_start start(net, weights, images, torch::kCPU, no_progress);
  reference_network reference(net);
  split_network split(net, 2);
  start.begin(reference, split);
  const auto expect_same_in_training = [](auto module, const torch::Tensor& x, std::size_t variant) {
    torch::NoGradGuard no_gradient;
    module->train();
    const auto in_training = module(x, variant);
    module->eval();
    EXPECT_TRUE(torch::equal(in_training, module(x, variant))) << "variant " << variant;
  };
  const auto pictures = images.plain(0, 8).images;
  expect_same_in_training(reference->stage->extractor(), pictures, 0);
  expect_same_in_training(split->stage->extractor(), pictures, 0);
  const auto& in = net.features;
  const auto features = torch::rand({8, in.channels, in.height, in.width});
  expect_same_in_training(reference->trunk, features, 0);
  for (std::size_t variant = 0; variant < 4; ++variant) {
    expect_same_in_training(split->local, features, variant);
    expect_same_in_training(split->remote, features, variant);
  }
}

TEST_F(given_folder, what_does_not_fit_is_named) {
  const auto weights = given_weights::load(folder_.path());
  try {
    given_network net(make_mobilenet_v2({.input_size = 32, .classes = classes, .base_width = 16}), weights);
    FAIL() << "weights of another size were taken";
  } catch (const error& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("layer 0"));
  }
  std::filesystem::resize_file(file("net.f32"), static_cast<std::uintmax_t>(offset_ - 4));
  EXPECT_THAT(refusal(), HasSubstr("net.f32"));
  std::ofstream(file("net.tsv"), std::ios::app) << "99\tconv\tweight\t1x1\t0\t1\n";
  EXPECT_NE(refusal(), "nothing was refused");
}

// What macOS leaves on foreign disks was taken for the weights, whichever came first.
TEST_F(given_folder, hidden_files_are_not_taken_for_weights) {
  for (const char* name : {"._net.f32", "._net.tsv"}) tests::write_file(file(name), "resource fork");
  EXPECT_EQ(given_weights::load(folder_.path()).labels.size(), static_cast<std::size_t>(classes));
}

TEST_F(given_folder, a_damaged_table_is_refused_by_line) {
  std::ofstream(file("net.tsv")) << "0\tconv\tweight\t2x2\t0\t5\n";
  EXPECT_THAT(refusal(), HasSubstr("line 1: the shape 2x2 has 4 values, the count says 5"));
  std::ofstream(file("net.tsv")) << "0 conv\n";
  EXPECT_THAT(refusal(), HasSubstr("line 1"));
  std::ofstream(file("net.tsv")).flush();
  EXPECT_THAT(refusal(), HasSubstr("no layer"));
  std::filesystem::remove(file("net.tsv"));
  EXPECT_THAT(refusal(), HasSubstr(".tsv"));
}

TEST(published_weights, say_nothing_of_a_label_that_they_do_not_know) {
  tests::temporary_folder empty;
  const auto data = make_procedural(subset::test, 4);
  EXPECT_THROW(measure_published(empty.path(), "mobilenet-v2", {}, *data, [](auto, auto) {}), error);
}

}  // namespace
}  // namespace dvfo::inference
