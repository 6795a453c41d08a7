#include "inference/tasks/classification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

const std::vector<std::string> labels = {"circle", "square", "cross"};

TEST(softmax, sums_to_one_and_survives_large_logits) {
  const std::vector<float> logits = {1000.0F, 999.0F, -1000.0F};
  const auto p = softmax(logits);
  EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1.0, 1e-6);
  EXPECT_NEAR(p[0] / p[1], std::exp(1.0), 1e-4);
}

TEST(classify, finds_the_likeliest_class_and_names_it) {
  const std::vector<float> logits = {0.0F, std::log(3.0F), 0.0F};
  const auto found = classify(logits, labels);
  EXPECT_EQ(found.predicted, 1U);
  EXPECT_EQ(found.name, "square");
  EXPECT_NEAR(found.probability, 0.6, 1e-6);
  EXPECT_EQ(found.probability, static_cast<double>(found.probabilities.at(1)));
  EXPECT_EQ(found.to_text(), "square (60.0 %)");
}

TEST(classify, takes_the_first_of_equals) {
  EXPECT_EQ(classify(std::vector<float>{0.0F, 2.0F, 2.0F}, labels).predicted, 1U);
}

TEST(classify, names_a_class_without_a_label_by_its_number) {
  EXPECT_EQ(classify(std::vector<float>{0.0F, 0.0F, 0.0F, 1.0F}, labels).name, "class 3");
  EXPECT_EQ(class_of(7, labels).name, "class 7");
}

TEST(classify, refuses_to_choose_among_nothing) { EXPECT_THROW(classify({}, labels), error); }

TEST(class_prediction, is_correct_where_the_class_is_the_label) {
  const auto found = classify(std::vector<float>{0.0F, 0.0F, 1.0F}, labels);
  EXPECT_TRUE(found.is_correct(class_of(2, labels)));
  EXPECT_FALSE(found.is_correct(class_of(1, labels)));
}

}  // namespace
}  // namespace dvfo::inference
