#include "evaluation/rate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "evaluation/picture_sets.hpp"
#include "evaluation/skew.hpp"
#include "inference/error.hpp"
#include "inference/image_coding.hpp"
#include "inference/model.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

class rate : public testing::Test {
 protected:
  model_bundle bundle_ = model_bundle::load(DVFO_BUNDLES "/procedural");
  std::unique_ptr<dataset> data_ = make_procedural(subset::test, 60);
};

TEST_F(rate, features_by_share_then_pictures_by_quality) {
  std::size_t reported = 0;
  std::size_t expected = 0;
  const auto report = evaluate_rate(bundle_, *data_, 20, [&](std::size_t done, std::size_t all) {
    EXPECT_GT(done, reported);
    reported = done;
    expected = all;
  });
  EXPECT_EQ(reported, expected);
  EXPECT_EQ(report.images, 20U);
  ASSERT_EQ(report.rows.size(), trained_shares.size() + 2 * picture_qualities.size());
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const auto& row = report.rows[i];
    EXPECT_DOUBLE_EQ(row.loss_points, report.reference_top1 - row.top1);
    if (i == 0) {
      EXPECT_EQ(row.bytes_mean, 0.0) << "share 0 sends nothing";
    } else if (row.way == report.rows[i - 1].way) {
      EXPECT_GT(row.setting, report.rows[i - 1].setting);
      EXPECT_GT(row.bytes_mean, report.rows[i - 1].bytes_mean) << row.way << ' ' << row.setting;
    }
  }
  const auto count = [&](const char* way) { return std::ranges::count(report.rows, way, &rate_row::way); };
  EXPECT_EQ(count("features"), 5);
  EXPECT_EQ(count("JPEG"), 9);
  EXPECT_EQ(count("WebP"), 9);
}

TEST_F(rate, pictures_hardly_changed_are_answered_as_the_originals) {
  const auto report = evaluate_rate(bundle_, *data_, 0, [](auto, auto) {});
  EXPECT_EQ(report.images, data_->size());
  for (const auto& row : report.rows) {
    if (row.way == "features" || row.setting < 95.0) continue;
    EXPECT_NEAR(row.top1, report.reference_top1, 5.0) << row.way;
  }
}

TEST_F(rate, features_figures_are_those_of_the_accuracy_table) {
  const auto report = evaluate_rate(bundle_, *data_, 0, [](auto, auto) {});
  const auto table = evaluate_accuracy(bundle_, *data_, [](auto, auto) {});
  EXPECT_EQ(report.reference_top1, table.reference_top1);
  for (std::size_t s = 0; s < table.rows.size(); ++s) {
    EXPECT_EQ(report.rows[s].bytes_mean, table.rows[s].wire_bytes_mean);
    EXPECT_EQ(report.rows[s].top1, table.rows[s].top1);
  }
}

/// Labels alone; the classes take turns.
class taking_turns final : public dataset {
 public:
  const std::string& name() const override { return name_; }
  std::size_t size() const override { return 10'000; }
  int image_size() const override { return 32; }
  const std::vector<std::string>& labels() const override { return labels_; }
  example at(std::size_t index) const override { return {{}, static_cast<int>(index % 100)}; }

 private:
  std::string name_ = "turns";
  std::vector<std::string> labels_ = std::vector<std::string>(100);
};

// A sample of every tenth image of CIFAR-100 had 10 of its 100 classes, because that file's classes take turns; its
// frames were 6 % smaller than those of the whole set.
TEST(sampled_images, have_all_classes_whatever_their_order) {
  const taking_turns whole;
  const sampled_images sample(whole, 1000);
  std::set<int> classes;
  for (std::size_t i = 0; i < sample.size(); ++i) classes.insert(sample.label(i));
  EXPECT_EQ(sample.size(), 1000U);
  EXPECT_GT(classes.size(), 95U);
}

TEST_F(rate, a_sample_has_each_image_once_in_order_and_always_the_same) {
  const sampled_images sample(*data_, 25);
  ASSERT_EQ(sample.size(), 25U);
  std::size_t place = 0;
  for (std::size_t i = 0; i < sample.size(); ++i, ++place) {
    const auto found = sample.at(i);
    while (place < data_->size() && data_->at(place).picture.pixels != found.picture.pixels) ++place;
    ASSERT_LT(place, data_->size()) << "image " << i << " is not behind the one before it";
    EXPECT_EQ(found.label, data_->label(place));
    EXPECT_EQ(sampled_images(*data_, 25).at(i).picture.pixels, found.picture.pixels);
  }
  EXPECT_THROW(static_cast<void>(sample.at(25)), error);
  EXPECT_EQ(sampled_images(*data_, 0).size(), 60U);
  EXPECT_EQ(sampled_images(*data_, 1000).size(), 60U);
}

TEST_F(rate, recoded_images_are_what_was_sent) {
  const recoded_images sent(
      *data_, [](const image& picture) { return encode_jpeg(picture, 30); },
      [](std::span<const std::byte> bytes) { return decode_image(bytes, "sent"); });
  ASSERT_EQ(sent.size(), data_->size());
  double bytes = 0.0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const auto file = encode_jpeg(data_->at(i).picture, 30);
    bytes += static_cast<double>(file.size());
    EXPECT_EQ(sent.at(i).picture.pixels, decode_image(file, "here").pixels);
    EXPECT_EQ(sent.label(i), data_->label(i));
  }
  EXPECT_NEAR(sent.bytes_mean(), bytes / static_cast<double>(sent.size()), 1e-9);
  EXPECT_THROW(static_cast<void>(sent.at(sent.size())), error);
}

TEST_F(rate, skew_falls_with_the_rank_and_sums_to_one) {
  std::size_t reported = 0;
  const auto report = evaluate_skew(bundle_, *data_, 25, [&](std::size_t done, std::size_t) { reported = done; });
  EXPECT_EQ(reported, 25U);
  EXPECT_EQ(report.images, 25U);
  ASSERT_EQ(report.importance.size(), 32U);
  EXPECT_TRUE(std::ranges::is_sorted(report.importance, std::greater<>()));
  EXPECT_NEAR(std::accumulate(report.importance.begin(), report.importance.end(), 0.0), 1.0, 1e-5);
  EXPECT_EQ(report.tenth_channels, 4U);
  EXPECT_NEAR(report.top_three, report.importance[0] + report.importance[1] + report.importance[2], 1e-12);
  EXPECT_NEAR(report.top_tenth, report.top_three + report.importance[3], 1e-12);
  EXPECT_GT(report.top_three, 3.0 / 32.0) << "no more than an even spread";
}

// Ranks are an image's own: had the channels been averaged first, the sum would be smaller.
TEST_F(rate, skew_ranks_the_channels_of_every_image_by_themselves) {
  const auto report = evaluate_skew(bundle_, *data_, 10, [](auto, auto) {});
  edge_model edge(bundle_);
  double largest = 0.0;
  const sampled_images images(*data_, 10);
  for (std::size_t i = 0; i < 10; ++i) {
    const auto importance = edge.extract(images.at(i).picture).importance;
    largest += static_cast<double>(*std::ranges::max_element(importance)) / 10.0;
  }
  EXPECT_NEAR(report.importance[0], largest, 1e-6);
}

}  // namespace
}  // namespace dvfo::evaluation
