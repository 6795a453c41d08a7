#include "inference/measurement/logits.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dvfo::inference {
namespace {

constexpr std::int64_t images = 4000;
constexpr std::int64_t classes = 10;

/// Logits that put `sureness` on a guess, which is right for `hit_rate` of the labels and random otherwise.
torch::Tensor guesses(const torch::Tensor& labels, double hit_rate, double sureness) {
  const auto hit = torch::rand({images}) < hit_rate;
  const auto guess = torch::where(hit, labels, torch::randint(classes, {images}));
  return sureness * torch::one_hot(guess, classes).to(torch::kFloat);
}

torch::Tensor certain(const torch::Tensor& labels) { return torch::one_hot(labels, classes).to(torch::kFloat); }

// Regression: a local DNN that was right far more often, but too sure of itself, was given so little weight that the
// remote one overruled it: the sum was tempered by the wrong half.
TEST(best_lambda, does_not_punish_a_half_for_being_too_sure) {
  torch::manual_seed(1);
  const auto labels = torch::randint(classes, {images});
  const share_logits halves{guesses(labels, 0.6, 40.0), guesses(labels, 0.4, 12.0), 0.0};
  const double lambda = best_lambda(halves, certain(labels));
  EXPECT_GE(top1_percent(fuse(halves, lambda), labels), top1_percent(halves.local, labels)) << "λ = " << lambda;
}

TEST(best_lambda, is_the_same_at_any_scale_of_both_halves) {
  torch::manual_seed(2);
  const auto labels = torch::randint(classes, {images});
  const share_logits halves{guesses(labels, 0.5, 3.0), guesses(labels, 0.5, 3.0), 0.0};
  const share_logits louder{5.0 * halves.local, 5.0 * halves.remote, 0.0};
  EXPECT_NEAR(best_lambda(halves, certain(labels)), 0.5, 0.05);
  EXPECT_NEAR(best_lambda(louder, certain(labels)), best_lambda(halves, certain(labels)), 0.011);
}

// Regression: from the labels of a hundred pictures a share got a λ that lost a point of accuracy, though its remote
// half alone was as good as the reference.
TEST(best_lambda, of_few_pictures_is_steadier_with_the_answers_of_a_reference) {
  torch::manual_seed(3);
  constexpr std::int64_t few = 100;
  const auto reference = 4.0 * torch::randn({images, classes});
  const auto answers = torch::softmax(reference, 1);
  const auto labels = certain(answers.multinomial(1).squeeze(1));
  const auto local = reference + 3.0 * torch::randn({images, classes});
  const auto remote = reference + 2.0 * torch::randn({images, classes});
  const double known = best_lambda({local, remote, 0.0}, labels);
  const auto strays = [&](const torch::Tensor& wanted) {  // mean square over parts of the pictures
    double sum = 0.0;
    for (std::int64_t i = 0; i < images; i += few) {
      const auto part = [=](const torch::Tensor& all) { return all.narrow(0, i, few); };
      sum += std::pow(best_lambda({part(local), part(remote), 0.0}, part(wanted)) - known, 2);
    }
    return sum * few / images;
  };
  EXPECT_LT(strays(answers), 0.5 * strays(labels));
}

TEST(best_lambda, is_that_of_the_only_half_where_one_is_missing) {
  const auto wanted = torch::full({1, classes}, 1.0 / classes);
  const auto logits = torch::zeros({1, classes});
  EXPECT_EQ(best_lambda({logits, {}, 0.0}, wanted), 1.0);
  EXPECT_EQ(best_lambda({{}, logits, 0.0}, wanted), 0.0);
}

}  // namespace
}  // namespace dvfo::inference
