#include "inference/training/trainer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "inference/bundle/weights.hpp"
#include "inference/error.hpp"
#include "inference/execution/processor.hpp"
#include "inference/training/optimiser.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

/// The smallest run that passes through every phase.
training_options tiny(const std::filesystem::path& output) {
  training_options o;
  o.output = output;
  o.name = "tiny";
  o.base_width = 8;
  o.feature_channels = 8;
  o.reference_epochs = 1;
  o.joint_epochs = 2;
  o.quantisation_epochs = 1;
  o.held_back = 100;
  o.batch_size = 16;  // 20 steps an epoch: every share is drawn
  o.threads = 1;
  o.recipe = "as a test does";
  return o;
}

class trainer : public testing::Test {
 protected:
  model_bundle train(
      const training_options& options, const progress_callback& progress = [](const auto&) {}) {
    return train_model(options, *train_set_, *test_set_, progress);
  }

  std::unique_ptr<dataset> train_set_ = make_procedural(subset::train, 420);
  std::unique_ptr<dataset> test_set_ = make_procedural(subset::test, 100);
  tests::temporary_folder folder_;
};

// On processors with AVX2 alone this died of a corrupted heap: oneDNN 2.6 wrote past its buffers in the gradient of the
// narrow widths' strided 1×1 convolutions.
TEST_F(trainer, same_seed_gives_the_same_bundle_and_another_seed_another) {
  const auto first = train(tiny(folder_.path() / "a"));
  const auto second = train(tiny(folder_.path() / "b"));
  auto other = tiny(folder_.path() / "c");
  other.seed = 2;
  EXPECT_EQ(first.manifest().id, second.manifest().id);
  EXPECT_NE(first.manifest().id, train(other).manifest().id);
}

TEST_F(trainer, goes_on_after_a_kill_as_if_nothing_had_happened) {
  const auto whole = train(tiny(folder_.path() / "whole"));
  const auto interrupted = tiny(folder_.path() / "interrupted");
  const auto die_in = [](const std::string& phase, int epoch) {
    return [=](const training_progress& p) {
      if (p.phase == phase && p.epoch == epoch) throw std::runtime_error("killed");
    };
  };
  EXPECT_THROW(train(interrupted, die_in("joint", 1)), std::runtime_error);
  EXPECT_THROW(train(interrupted, die_in("joint", 2)), std::runtime_error);
  EXPECT_EQ(train(interrupted).manifest().id, whole.manifest().id);
}

TEST_F(trainer, leaves_weights_alone_of_a_phase_that_is_over) {
  const auto options = tiny(folder_.path() / "t");
  const auto size = [&] { return std::filesystem::file_size(folder_.path() / "t.checkpoint" / "joint.pt"); };
  EXPECT_THROW(train(options,
                     [](const training_progress& p) {
                       if (p.phase == "joint" && p.epoch == 2) throw std::runtime_error("killed");
                     }),
               std::runtime_error);
  const auto with_momentum = size();
  train(options);
  EXPECT_LT(size(), with_momentum * 6 / 10);
}

TEST_F(trainer, chooses_the_weight_of_either_half_by_what_it_learned_from) {
  auto options = tiny(folder_.path() / "labels");
  options.checkpoints = folder_.path() / "trained";
  options.distillation = 0.0;
  const auto by_labels = train(options);
  options.output = folder_.path() / "reference";
  options.distillation = 1.0;  // of networks that are trained already
  const auto by_reference = train(options);
  EXPECT_NE(by_labels.lambda(0.5), by_reference.lambda(0.5));
}

// A checkpoint took its tensors back to the device that it was written on: one of a GPU was refused elsewhere.
TEST_F(trainer, goes_on_on_another_device_than_it_began_on) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no GPU";
  const auto stop = [](const training_progress& p) {
    if (p.phase == "joint" && p.epoch == 2) throw std::runtime_error("killed");
  };
  for (const auto& [first, then] : {std::pair("cuda", "cpu"), std::pair("cpu", "cuda"), std::pair("cuda", "cuda")}) {
    SCOPED_TRACE(std::string(first) + " to " + then);
    auto options = tiny(folder_.path() / (std::string(first) + then));
    options.width_epochs = 2;
    options.device = first;
    EXPECT_THROW(train(options, stop), std::runtime_error);
    options.device = then;
    const auto bundle = train(options);
    EXPECT_GT(bundle.manifest().reference_top1, 0.0);
  }
}

TEST_F(trainer, writes_a_bundle_that_says_how_it_was_made) {
  const auto bundle = train(tiny(folder_.path() / "t"));
  const auto loaded = model_bundle::load(folder_.path() / "t");
  EXPECT_EQ(loaded.manifest().id, bundle.manifest().id);
  EXPECT_EQ(loaded.manifest().dataset, "procedural");
  EXPECT_EQ(loaded.manifest().recipe, "as a test does");
  EXPECT_EQ(loaded.manifest().held_back, 100);
  EXPECT_GT(loaded.manifest().reference_top1, 0.0);
  EXPECT_EQ(loaded.manifest().figures.front().lambda, 1.0);
  EXPECT_EQ(loaded.manifest().figures.back().lambda, 0.0);
}

// LibTorch 1.13 multiplies bfloat16 value by value where the processor has no instructions for it: such a
// training crawled.
TEST(training_options, take_float32_where_the_processor_has_no_bfloat16) {
  training_options o;
  o.output = "anywhere";
  ASSERT_TRUE(o.bfloat16);
  EXPECT_EQ(completed(o).bfloat16, processor_has_bfloat16());
  o.bfloat16 = false;
  EXPECT_FALSE(completed(o).bfloat16);
}

TEST_F(trainer, goes_on_from_a_bundle_whose_reference_stays) {
  const auto first = train(tiny(folder_.path() / "first"));
  auto more = tiny(folder_.path() / "more");
  more.start_from = folder_.path() / "first";
  more.joint_epochs = 1;
  more.recipe = "and then more";
  const auto second = train(more);
  EXPECT_NE(second.manifest().id, first.manifest().id);
  EXPECT_EQ(second.manifest().reference_top1, first.manifest().reference_top1);
  EXPECT_EQ(second.manifest().recipe, "as a test does && and then more");
}

// A training that went on from a bundle of published weights let their normalisation follow its batches, and taught
// anew what few pictures can only spoil.
TEST_F(trainer, keeps_what_was_published_when_it_goes_on) {
  const auto first = train(tiny(folder_.path() / "nothing"));
  auto manifest = first.manifest();
  manifest.given_top1 = 50.0;  // as if it had begun with published weights
  model_bundle(manifest, std::make_shared<model_bundle::weights>(first.tensors())).save(folder_.path() / "published");
  const auto more = [&](const char* from) {
    auto options = tiny(folder_.path() / (std::string(from) + "-more"));
    options.start_from = folder_.path() / from;
    options.joint_epochs = 1;
    return train(options);
  };
  const auto changed = [&](const model_bundle& bundle) {
    std::string names;
    const auto before = first.tensors().split->named_parameters();
    for (const auto& each : bundle.tensors().split->named_parameters()) {
      if (!torch::equal(before[each.key()], each.value())) names += " " + each.key();
    }
    const auto statistics = first.tensors().split->named_buffers();
    for (const auto& each : bundle.tensors().split->named_buffers()) {
      if (!torch::equal(statistics[each.key()], each.value())) names += " " + each.key();
    }
    return names;
  };
  const auto last = first.tensors().split->remote->layout().ops().size() - 1;
  const std::vector<std::string> kept = {"_mean", "_variance", " front.extractor.op1_weight",
                                         fmt::format(" remote.op{}_weight", last)};
  const auto published = more("published");
  const auto learned = changed(published);
  for (const auto& name : kept) EXPECT_THAT(learned, testing::Not(testing::HasSubstr(name)));
  EXPECT_THAT(learned, testing::HasSubstr(" remote.op1_weight"));
  EXPECT_EQ(published.manifest().given_top1, 50.0);
  const auto otherwise = changed(more("nothing"));
  for (const auto& name : kept) EXPECT_THAT(otherwise, testing::HasSubstr(name));
}

TEST_F(trainer, teaches_widths_by_themselves_and_leaves_the_rest) {
  const auto first = train(tiny(folder_.path() / "first"));
  auto more = tiny(folder_.path() / "more");
  more.start_from = folder_.path() / "first";
  more.joint_epochs = 0;
  more.width_epochs = 2;
  const auto second = train(more);
  const auto& before = *first.tensors().split;
  const auto& after = *second.tensors().split;
  EXPECT_FALSE(before.local->has_parted_weights());
  ASSERT_TRUE(after.local->has_parted_weights());
  const auto left = before.named_parameters();
  for (const auto& each : after.named_parameters()) {
    const std::string& name = each.key();
    const auto* then = left.find(name);
    const bool is_narrower = name.starts_with("local.") && name.back() >= '1' && name.back() <= '3';
    EXPECT_TRUE(is_narrower || (then != nullptr && torch::equal(*then, each.value()))) << name;
  }
  for (std::size_t variant = 1; variant < 4; ++variant) {
    EXPECT_FALSE(torch::equal(before.local->fold(1, variant).weight, after.local->fold(1, variant).weight)) << variant;
  }
}

TEST_F(trainer, goes_on_with_widths_after_a_kill_and_from_a_bundle_that_has_them) {
  auto options = tiny(folder_.path() / "whole");
  options.width_epochs = 2;
  const auto whole = train(options);
  options.output = folder_.path() / "interrupted";
  EXPECT_THROW(train(options,
                     [](const training_progress& p) {
                       if (p.phase == "widths" && p.epoch == 2) throw std::runtime_error("killed");
                     }),
               std::runtime_error);
  EXPECT_EQ(train(options).manifest().id, whole.manifest().id);

  options.start_from = folder_.path() / "whole";
  options.output = folder_.path() / "on";
  options.joint_epochs = 1;
  options.width_epochs = 0;
  EXPECT_TRUE(train(options).tensors().split->local->has_parted_weights());
}

TEST_F(trainer, learns_first_from_small_pictures_where_asked) {
  auto small = tiny(folder_.path() / "small");
  small.small_side = 16;
  const auto bundle = train(small);
  EXPECT_NE(bundle.manifest().id, train(tiny(folder_.path() / "whole")).manifest().id);
}

TEST_F(trainer, refuses_small_pictures_that_the_network_cannot_take) {
  const auto refusal = [this](const char* architecture, int side) -> std::string {
    auto options = tiny(folder_.path() / "refused");
    options.architecture = architecture;
    options.base_width = 32;
    options.small_side = side;
    try {
      train(options);
    } catch (const error& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal("resnet18", 8), "small side: 8, expected 0 or 16 to the pictures' own 32");
  EXPECT_EQ(refusal("resnet18", 64), "small side: 64, expected 0 or 16 to the pictures' own 32");
  EXPECT_EQ(refusal("vit-b16", 16), "small side: 16, expected 0: vit-b16 takes pictures of one size");
}

TEST_F(trainer, refuses_to_go_on_from_a_bundle_of_another_width) {
  train(tiny(folder_.path() / "first"));
  auto wider = tiny(folder_.path() / "wider");
  wider.start_from = folder_.path() / "first";
  wider.base_width = 16;
  try {
    train(wider);
    FAIL();
  } catch (const error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("base width 8"));
  }
}

TEST_F(trainer, damaged_checkpoint_is_named) {
  const auto options = tiny(folder_.path() / "t");
  train(options);
  std::filesystem::resize_file(folder_.path() / "t.checkpoint" / "joint.pt", 1000);
  try {
    train(options);
    FAIL();
  } catch (const error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("joint.pt"));
  }
}

TEST(optimiser, both_kinds_descend_and_another_is_refused_by_name) {
  for (const auto* name : {"sgd", "adamw"}) {
    torch::manual_seed(3);
    torch::nn::Linear line(4, 1);
    const auto descend = make_optimiser(name, *line, 0.05, 0.0);
    const auto x = torch::ones({8, 4});
    const auto loss = [&] { return (line(x) - 5.0).square().mean(); };
    const double before = loss().item<double>();
    for (int step = 0; step < 60; ++step) {
      descend->zero_grad();
      loss().backward();
      descend->step();
    }
    EXPECT_LT(loss().item<double>(), 0.1 * before) << name;
    const auto at_rest = line->weight.detach().clone();
    set_rate(*descend, 0.0);
    loss().backward();
    descend->step();
    EXPECT_TRUE(torch::equal(line->weight, at_rest)) << name << " at rate 0";
  }
  torch::nn::Linear line(1, 1);
  EXPECT_THROW(static_cast<void>(make_optimiser("adam", *line, 0.1, 0.0)), error);
}

std::string refusal(const std::function<void(training_options&)>& change) {
  auto options = tiny("somewhere");
  change(options);
  try {
    completed(options);
  } catch (const option_error& e) {
    EXPECT_TRUE(std::string(e.what()).starts_with(e.option() + ": "));
    return e.what();
  }
  return "accepted";
}

TEST(training_options, out_of_range_are_refused_by_the_quantity) {
  EXPECT_EQ(refusal([](auto&) {}), "accepted");
  EXPECT_EQ(refusal([](auto& o) { o.base_width = 0; }), "base width: 0, expected 8 to 256");
  EXPECT_EQ(refusal([](auto& o) { o.batch_size = 2; }), "batch size: 2, expected 8 to 4096");
  EXPECT_EQ(refusal([](auto& o) { o.crop_scale = 1.5; }), "crop scale: 1.5, expected 0.05 to 1");
  EXPECT_EQ(refusal([](auto& o) { o.feature_bits = 5; }), "feature bits: 5, expected 8, 4, 3 or 2");
  EXPECT_EQ(refusal([](auto& o) { o.device = "tpu"; }), "device: \"tpu\", expected cpu or cuda");
  EXPECT_EQ(refusal([](auto& o) { o.optimiser = "adam"; }), "optimiser: \"adam\", expected sgd or adamw");
  EXPECT_THAT(refusal([](auto& o) { o.output.clear(); }), testing::HasSubstr("output: missing"));
}

TEST(training_options, that_do_not_go_together_are_refused_by_the_quantity) {
  EXPECT_EQ(refusal([](auto& o) { o.quantisation_epochs = 2; }), "quantisation epochs: 2, expected 1 to 1");
  EXPECT_EQ(refusal([](auto& o) { o.joint_epochs = 0; }), "joint epochs: 0, expected 1 to 1000");
  EXPECT_EQ(refusal([](auto& o) {
              o.start_from = "a";
              o.joint_epochs = 0;
            }),
            "width epochs: 0, expected 1 to 1000");
  EXPECT_THAT(refusal([](auto& o) { o.weights = o.start_from = "a"; }), testing::HasSubstr("only one of them"));
}

}  // namespace
}  // namespace dvfo::inference
