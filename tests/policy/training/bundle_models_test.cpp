#include "policy/training/bundle_models.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "inference/model.hpp"
#include "policy/task_cost/bundle_task.hpp"

namespace dvfo::policy {
namespace {

const std::string procedural = std::string(DVFO_BUNDLES) + "/procedural";

TEST(bundle_models, a_bundle_is_the_model_that_its_task_is_of) {
  inference::prepare_for_single_images();
  const std::shared_ptr<const inference::dataset> images =
      inference::open_dataset("procedural", inference::subset::test);
  const auto model = model_of_bundle(procedural, images);
  const auto bundle = inference::model_bundle::load(procedural);
  EXPECT_EQ(model.name, bundle.manifest().name);
  const auto made = model.make(2.0);
  const auto expected = task_of(bundle, *images, 2.0);
  EXPECT_EQ(made.front.bytes, expected.front.bytes);
  ASSERT_EQ(made.ways.size(), expected.ways.size());
  for (std::size_t i = 0; i < made.ways.size(); ++i) {
    EXPECT_EQ(made.ways[i].wire_up_bytes, expected.ways[i].wire_up_bytes) << i;
  }
}

TEST(bundle_models, importances_are_a_distribution_for_every_image) {
  /// The first images of a set.
  class few final : public inference::dataset {
   public:
    explicit few(const inference::dataset& all) : all_(all) {}
    [[nodiscard]] const std::string& name() const override { return all_.name(); }
    [[nodiscard]] std::size_t size() const override { return 3; }
    [[nodiscard]] int image_size() const override { return all_.image_size(); }
    [[nodiscard]] const std::vector<std::string>& labels() const override { return all_.labels(); }
    [[nodiscard]] inference::example at(std::size_t index) const override { return all_.at(index); }
    [[nodiscard]] int label(std::size_t index) const override { return all_.label(index); }

   private:
    const inference::dataset& all_;
  };
  inference::prepare_for_single_images();
  const auto bundle = inference::model_bundle::load(procedural);
  const auto images = inference::open_dataset("procedural", inference::subset::train);
  const auto found = importances_of_bundle(bundle, few(*images));
  ASSERT_EQ(found.size(), 3U);
  for (const auto& row : found) {
    EXPECT_EQ(row.size(), found.front().size());
    EXPECT_GT(row.size(), 1U);
    EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1.0, 1e-4);
  }
  EXPECT_NE(found[0], found[1]) << "they follow the image";
}

}  // namespace
}  // namespace dvfo::policy
