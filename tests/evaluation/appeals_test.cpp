#include "evaluation/appeals.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "evaluation/task_accuracy.hpp"
#include "inference/discriminator.hpp"
#include "inference/error.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

constexpr std::size_t count = 20;

void ignore(std::size_t, std::size_t) {}

class appeals : public testing::Test {
 protected:
  std::filesystem::path folder_ = DVFO_BUNDLES "/procedural";
  model_bundle bundle_ = model_bundle::load(folder_);
  std::unique_ptr<dataset> data_ = make_procedural(subset::test, count);
};

TEST_F(appeals, local_answers_are_those_of_share_0) {
  std::size_t reported = 0;
  const auto samples = collect_appeals(bundle_, *data_, [&](std::size_t done, std::size_t) { reported = done; });
  EXPECT_EQ(reported, 2 * count);
  ASSERT_EQ(samples.size(), count);
  const auto right =
      std::count_if(samples.begin(), samples.end(), [](const auto& each) { return each.is_local_right; });
  const auto report = evaluate_accuracy(bundle_, *data_, ignore);
  EXPECT_NEAR(100.0 * static_cast<double>(right) / count, report.rows.front().top1, 1e-9);
  for (const auto& each : samples) {
    EXPECT_GE(each.local_loss, 0.0);
    EXPECT_GE(each.cloud_loss, 0.0);
    EXPECT_GT(each.seen[0], 0.0F) << "the greatest probability";
  }
}

TEST_F(appeals, the_shipped_rules_belong_to_the_shipped_bundles) {
  const auto rule = load_appeal_rule(appeal_rule_file(folder_), bundle_.manifest().id);
  const auto accepted = accepted_images(bundle_, rule, *data_, 0);
  ASSERT_EQ(accepted.size(), count);
  const auto kept = static_cast<double>(std::count(accepted.begin(), accepted.end(), 1));
  EXPECT_NEAR(kept / count, rule.skipping_rate, 0.1);
  const auto cifar = model_bundle::load(DVFO_BUNDLES "/cifar100");
  EXPECT_NO_THROW(load_appeal_rule(appeal_rule_file(DVFO_BUNDLES "/cifar100"), cifar.manifest().id));
  EXPECT_THROW(load_appeal_rule(appeal_rule_file(folder_), cifar.manifest().id), error);
}

TEST_F(appeals, a_tasks_accuracies_are_measured_way_by_way) {
  const auto found = measure_task_accuracy(bundle_, *data_, ignore);
  const auto report = evaluate_accuracy(bundle_, *data_, ignore);
  policy::task_model task;
  for (const double share : trained_shares) {
    policy::share_terms way;
    way.share = share;
    task.ways.push_back(way);
    policy::input_way input;
    input.terms.share = share;
    task.input_ways.push_back(input);
  }
  task.input_ways.push_back({.sends = policy::sending::compressed, .front = {}, .terms = {}});
  set_accuracy(task, found);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) EXPECT_EQ(task.ways[s].top1, report.rows[s].top1);
  EXPECT_EQ(task.input_ways.front().terms.top1, report.rows.front().top1);
  EXPECT_FALSE(task.input_ways[2].terms.top1) << "no network takes half an input";
  EXPECT_EQ(task.input_ways[4].terms.top1, report.reference_top1);
  EXPECT_EQ(task.input_ways.back().terms.top1, found.jpeg_top1);
}

}  // namespace
}  // namespace dvfo::evaluation
