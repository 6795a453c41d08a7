#include "policy/agent/q_network.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "policy/agent/matrix_product.hpp"
#include "policy/agent/q_inference.hpp"
#include "policy/agent/random.hpp"

namespace dvfo::policy {
namespace {

std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  random_source random(seed);
  std::vector<float> out(count);
  for (auto& each : out) each = static_cast<float>(random.normal());
  return out;
}

TEST(matrix_product, is_the_sum_of_products_for_any_number_of_rows_and_either_order_of_a) {
  for (const int rows : {1, 3, 4, 7, 9}) {
    for (const int columns : {16, 32, 48, 80}) {
      for (const bool turned : {false, true}) {
        const int depth = 11;
        const auto a = noise(static_cast<std::size_t>(rows * depth), 1);
        const auto b = noise(static_cast<std::size_t>(depth * columns), 2);
        const auto bias = noise(static_cast<std::size_t>(columns), 3);
        std::vector<float> c(static_cast<std::size_t>(rows * columns));
        const int a_row = turned ? 1 : depth;
        const int a_step = turned ? rows : 1;
        multiply({.rows = rows,
                  .columns = columns,
                  .depth = depth,
                  .a = a.data(),
                  .a_row = a_row,
                  .a_step = a_step,
                  .b = b.data(),
                  .b_row = columns,
                  .c = c.data(),
                  .c_row = columns,
                  .bias = bias.data(),
                  .rectify = true});
        for (int i = 0; i < rows; ++i) {
          for (int j = 0; j < columns; ++j) {
            double sum = static_cast<double>(bias[static_cast<std::size_t>(j)]);
            for (int k = 0; k < depth; ++k) {
              sum += static_cast<double>(a[static_cast<std::size_t>(i * a_row + k * a_step)]) *
                     static_cast<double>(b[static_cast<std::size_t>(k * columns + j)]);
            }
            ASSERT_NEAR(static_cast<double>(c[static_cast<std::size_t>(i * columns + j)]), std::max(0.0, sum), 1e-4);
          }
        }
      }
    }
  }
}

class q_network_test : public ::testing::TestWithParam<output_form> {};

TEST_P(q_network_test, slopes_are_those_of_small_differences) {
  const action_space actions({3, 2, 4, 2}, GetParam());
  q_network network({.inputs = 5, .hidden = {32, 16, 16}, .outputs = actions.outputs()}, 3);
  // The output layer starts near zero, where differences would drown in rounding.
  const auto shake = noise(network.parameters().size(), 4);
  for (std::size_t i = 0; i < shake.size(); ++i) network.parameters()[i] += 0.2F * shake[i];
  constexpr int rows = 6;
  auto at = network.make_batch(rows);
  at.input = noise(at.input.size(), 5);
  const auto slopes = noise(rows, 6);
  random_source random(8);
  std::vector<int> active;
  const auto count = static_cast<std::size_t>(actions.active_count());
  for (int row = 0; row < rows; ++row) {
    const auto some = actions.active({random.below(3), random.below(2), random.below(4), random.below(2)});
    active.insert(active.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const auto loss = [&] {
    network.trunk(at);
    double sum = 0.0;
    for (std::size_t row = 0; row < rows; ++row) {
      sum +=
          static_cast<double>(slopes[row]) *
          static_cast<double>(network.value(at, static_cast<int>(row), std::span(active).subspan(row * count, count)));
    }
    return sum;
  };
  std::vector<float> gradient(network.parameters().size(), 99.0F);
  network.trunk(at);
  network.backward(at, slopes, active, actions.active_count(), gradient);
  int wrong = 0;
  for (std::size_t i = 0; i < gradient.size(); i += 7) {
    const float before = network.parameters()[i];
    constexpr float step = 2e-3F;
    network.parameters()[i] = before + step;
    const double above = loss();
    network.parameters()[i] = before - step;
    const double below = loss();
    network.parameters()[i] = before;
    const double slope = (above - below) / (2.0 * static_cast<double>(step));
    // A unit that switches between the two points makes the difference another one than the slope: rarely.
    if (std::abs(slope - static_cast<double>(gradient[i])) > 2e-2 * std::max(1.0, std::abs(slope))) ++wrong;
  }
  EXPECT_LE(wrong, static_cast<int>(gradient.size() / 7 / 20));
}

TEST_P(q_network_test, one_value_is_the_sum_of_its_outputs_and_the_best_is_the_greatest_allowed) {
  const action_space actions({3, 2, 4, 2}, GetParam());
  const q_network network({.inputs = 5, .hidden = {32, 16}, .outputs = actions.outputs()}, 9);
  auto allowed = actions.full_mask();
  allowed[0] = {1, 0, 1};
  allowed[2] = {0, 1, 1, 1};
  q_inference inference(network, actions);
  for (std::uint64_t seed = 1; seed < 30; ++seed) {
    const auto best = inference.best(noise(5, seed), allowed);
    float most = -1e30F;
    levels expected{};
    for (int i = 0; i < 3 * 2 * 4 * 2; ++i) {
      const levels action{i / 16, i / 8 % 2, i / 2 % 4, i % 2};
      if (allowed[0][static_cast<std::size_t>(action[0])] == 0) continue;
      if (allowed[2][static_cast<std::size_t>(action[2])] == 0) continue;
      if (inference.value(action) <= most) continue;
      most = inference.value(action);
      expected = action;
    }
    EXPECT_EQ(best, expected) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(forms, q_network_test,
                         ::testing::Values(output_form::branches, output_form::conditional, output_form::flat),
                         [](const auto& form) { return std::string(to_string(form.param)); });

TEST(q_network, refuses_sizes_that_cannot_be) {
  EXPECT_THROW(q_network({.inputs = 0, .outputs = 3}, 1), std::invalid_argument);
  EXPECT_THROW(q_network({.inputs = 4, .hidden = {20}, .outputs = 3}, 1), std::invalid_argument);
  EXPECT_THROW(action_space({0, 1, 1, 1}, output_form::branches), std::invalid_argument);
  EXPECT_THROW(action_space({100, 100, 100, 100}, output_form::flat), std::invalid_argument);
  EXPECT_NO_THROW(action_space({100, 100, 100, 100}, output_form::branches));
  EXPECT_THROW(output_form_of("dueling"), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::policy
