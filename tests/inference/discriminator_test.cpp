#include "inference/discriminator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>

#include "inference/error.hpp"
#include "inference/training/discriminator_training.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using testing::HasSubstr;

/// Images whose local answer is right when its logits stand out; the cloud is right on nine of ten.
std::vector<appeal_sample> made_up(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
  std::vector<appeal_sample> out(count);
  for (auto& each : out) {
    std::vector<float> logits(10);
    for (auto& logit : logits) logit = static_cast<float>(uniform());
    const double margin = 10.0 * uniform();
    logits[random() % 10] += static_cast<float>(margin);
    each.seen = discriminator::features_of(logits);
    each.is_local_right = margin > 4.0 || uniform() < 0.1;
    each.is_cloud_right = uniform() < 0.9;
    each.local_loss = each.is_local_right ? 0.1 : 3.0;
    each.cloud_loss = each.is_cloud_right ? 0.1 : 3.0;
  }
  return out;
}

TEST(discriminator, figures_do_not_depend_on_the_order_of_the_classes) {
  const std::vector<float> one = {3.0F, -1.0F, 0.5F, 0.0F};
  const std::vector<float> other = {0.0F, 3.0F, 0.5F, -1.0F};
  const auto seen = discriminator::features_of(one);
  EXPECT_EQ(seen, discriminator::features_of(other));
  const double mass = std::exp(3.0) + std::exp(-1.0) + std::exp(0.5) + 1.0;
  EXPECT_NEAR(seen[0], std::exp(3.0) / mass, 1e-6);
  EXPECT_NEAR(seen[3], 0.25, 1e-6);
  EXPECT_THROW(discriminator::features_of(std::vector<float>{1.0F}), error);
}

TEST(discriminator, learns_which_local_answers_will_do) {
  const auto head = train_discriminator(made_up(1500, 1), {.steps = 400});
  const auto unseen = made_up(1500, 2);
  const auto all_local = judge(head, 0.0, unseen);
  const auto all_cloud = judge(head, 2.0, unseen);
  EXPECT_EQ(all_local.skipping_rate, 1.0);
  EXPECT_EQ(all_cloud.skipping_rate, 0.0);
  // Six of ten local answers are right, and the head knows which.
  const auto half = judge(head, threshold_for(head, 0.5, unseen), unseen);
  EXPECT_NEAR(half.skipping_rate, 0.5, 0.01);
  EXPECT_GT(half.top1_accepted, 98.0);
  EXPECT_GT(half.top1, all_cloud.top1);
  EXPECT_LT(all_local.top1, 70.0);
}

TEST(discriminator, the_price_of_an_appeal_makes_fewer_of_them) {
  const auto samples = made_up(800, 1);
  const auto dear = judge(train_discriminator(samples, {.beta = 3.0, .steps = 400}), 0.5, samples);
  const auto cheap = judge(train_discriminator(samples, {.beta = 0.01, .steps = 400}), 0.5, samples);
  EXPECT_GT(dear.skipping_rate, cheap.skipping_rate + 0.2);
}

TEST(discriminator, keeps_as_many_answers_as_a_loss_of_so_many_points_allows) {
  const auto samples = made_up(1500, 1);
  const auto head = train_discriminator(samples, {.steps = 400});
  const double strict = skipping_rate_within(head, 0.0, samples);
  const double lax = skipping_rate_within(head, 5.0, samples);
  EXPECT_GT(strict, 0.5);
  EXPECT_GT(lax, strict);
  EXPECT_LT(lax, 1.0);
  EXPECT_EQ(skipping_rate_within(head, 100.0, samples), 1.0);
}

TEST(discriminator, the_same_seed_gives_the_same_head) {
  const auto samples = made_up(200, 1);
  EXPECT_EQ(train_discriminator(samples, {.steps = 50}).values(), train_discriminator(samples, {.steps = 50}).values());
  EXPECT_NE(train_discriminator(samples, {.steps = 50}).values(),
            train_discriminator(samples, {.steps = 50, .seed = 2}).values());
  EXPECT_THROW(train_discriminator({}, {}), error);
  EXPECT_THROW(train_discriminator(samples, {.beta = -1.0}), error);
}

class rule_file : public testing::Test {
 protected:
  rule_file() {
    rule_.head = train_discriminator(made_up(200, 1), {.steps = 50});
    rule_.threshold = 0.625;
    rule_.beta = 0.1;
    rule_.bundle_id = 0xfedcba9876543210U;
    rule_.recipe = "dvfo train discriminator";
    rule_.dataset = "made up";
    rule_.images = 1500;
    rule_.skipping_rate = 1.0;
    rule_.top1 = 60.0;
    rule_.cloud_top1 = 90.0;
    rule_.top1_accepted = 60.0;
    save(rule_, file_);
  }
  std::string refusal(std::uint64_t id) const {
    try {
      static_cast<void>(load_appeal_rule(file_, id));
    } catch (const error& refused) {
      return refused.what();
    }
    return "accepted";
  }

  tests::temporary_folder folder_;
  std::filesystem::path file_ = appeal_rule_file(folder_.path());
  appeal_rule rule_;
};

TEST_F(rule_file, comes_back_as_it_was_written) {
  const auto read = load_appeal_rule(file_, rule_.bundle_id);
  EXPECT_EQ(read.head.values(), rule_.head.values());
  EXPECT_EQ(read.threshold, rule_.threshold);
  EXPECT_EQ(read.skipping_rate, 1.0);
  EXPECT_EQ(read.images, 1500);
  EXPECT_EQ(read.recipe, rule_.recipe);
  EXPECT_EQ(read.top1_accepted, 60.0);
  EXPECT_FALSE(read.top1_appealed) << "nothing appealed";
  EXPECT_LT(std::filesystem::file_size(file_), 1500U);
}

TEST_F(rule_file, takes_the_place_of_another_rule_alone) {
  save(rule_, file_);
  tests::write_file(file_, "a letter");
  EXPECT_THROW(check_output_of_rule(file_), error);
  EXPECT_THROW(save(rule_, file_), error);
  EXPECT_EQ(tests::read_file(file_), "a letter");
}

TEST_F(rule_file, of_other_weights_or_damaged_is_refused) {
  EXPECT_THAT(refusal(1), HasSubstr("fedcba9876543210"));
  std::ofstream(file_, std::ios::app) << "skipping_rate = 2\n";
  EXPECT_THAT(refusal(rule_.bundle_id), HasSubstr("line "));
  std::ofstream(file_) << "format_version = 1\nweights_id = 'fedcba9876543210'\nparameters = [1.0, 2.0]\n";
  EXPECT_THAT(refusal(rule_.bundle_id), HasSubstr("2 values, expected 41"));
  std::filesystem::remove(file_);
  EXPECT_THAT(refusal(rule_.bundle_id), HasSubstr("does not exist"));
}

}  // namespace
}  // namespace dvfo::inference
