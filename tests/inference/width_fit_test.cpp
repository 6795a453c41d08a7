#include "inference/training/width_fit.hpp"

#include <gtest/gtest.h>

#include "inference/architectures/architecture.hpp"

namespace dvfo::inference {
namespace {

/// Windows of 3×3, strides, residual sums; channels by themselves and uneven rims; a class token and attention.
architecture small(const std::string& name) {
  const int width = name == "vit-b16" ? 32 : 16;
  return make_architecture(name, {.input_size = 32, .classes = 10, .base_width = width, .feature_channels = 8});
}

double distance(const torch::Tensor& found, const torch::Tensor& wanted) {
  return ((found - wanted).square().mean() / wanted.var()).item<double>();
}

class fitted_width : public testing::TestWithParam<std::string> {
 protected:
  fitted_width() {
    torch::manual_seed(8);
    net_ = small(GetParam());
    teacher_ = network(net_.trunk, std::vector<double>{1.0});
    teacher_->eval();
    seen_ = features(60);
    teacher_->adopt_statistics(seen_);
    fresh_ = features(20);
  }

  /// Maps whose channels tell of one another, as those of pictures do.
  [[nodiscard]] torch::Tensor features(int count) const {
    const auto& map = net_.features;
    const auto mixed = torch::linspace(-1.0, 1.0, 4 * map.channels).view({map.channels, 4}).sin();
    return torch::relu(torch::einsum("oc,nchw->nohw", {mixed, torch::randn({count, 4, map.height, map.width})}));
  }

  architecture net_;
  network teacher_{nullptr};
  torch::Tensor seen_;
  torch::Tensor fresh_;
};

TEST_P(fitted_width, of_the_same_width_answers_as_the_teacher_does) {
  network other(net_.trunk, std::vector<double>{1.0, 1.0});
  other->eval();
  other->part_weights();
  torch::NoGradGuard no_gradient;
  // Everything that a fit finds; layer normalisation and tokens are taken as they are.
  const auto known = teacher_->named_parameters();
  for (auto& each : other->named_parameters()) {
    const auto* of_teacher = known.find(each.key().substr(0, each.key().size() - 1));
    if (of_teacher != nullptr) each.value().copy_(*of_teacher);
    if (each.key().ends_with("weight1") || each.key().ends_with("bias1")) each.value().zero_();
  }
  fit_width(*other, 1, *teacher_, seen_, seen_);
  EXPECT_LT(distance(other(fresh_, 1), teacher_(fresh_)), 1e-4);
}

TEST_P(fitted_width, half_as_wide_comes_nearer_than_the_leading_weights) {
  network narrow(net_.trunk, std::vector<double>{1.0, 0.5});
  narrow->eval();
  torch::NoGradGuard no_gradient;
  const auto known = teacher_->named_parameters();
  for (auto& each : narrow->named_parameters()) {
    const auto* of_teacher = known.find(each.key());
    if (of_teacher != nullptr) each.value().copy_(*of_teacher);
  }
  narrow->part_weights();
  const double before = distance(narrow(fresh_, 1), teacher_(fresh_));
  fit_width(*narrow, 1, *teacher_, seen_, seen_);
  const double after = distance(narrow(fresh_, 1), teacher_(fresh_));
  EXPECT_LT(after, 0.8 * before) << before << " before";
  EXPECT_LT(after, 1.0) << "no better than answering the mean";
}

INSTANTIATE_TEST_SUITE_P(networks, fitted_width, testing::Values("resnet18", "mobilenet-v2", "vit-b16"),
                         [](const auto& of) { return of.param.substr(0, of.param.find('-')); });

}  // namespace
}  // namespace dvfo::inference
