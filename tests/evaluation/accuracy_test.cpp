#include "evaluation/accuracy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "evaluation/fusion.hpp"
#include "inference/error.hpp"
#include "inference/model.hpp"
#include "tests/support/environment.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

constexpr std::size_t images = 40;

class accuracy : public testing::Test {
 protected:
  model_bundle bundle_ = model_bundle::load(DVFO_BUNDLES "/procedural");
  std::unique_ptr<dataset> data_ = make_procedural(subset::test, images);
};

TEST_F(accuracy, has_a_row_for_each_share_and_halves_where_they_exist) {
  std::size_t reported = 0;
  const auto report = evaluate_accuracy(bundle_, *data_, [&](std::size_t done, std::size_t) { reported = done; });
  EXPECT_EQ(reported, images);
  EXPECT_EQ(report.images, images);
  ASSERT_EQ(report.rows.size(), trained_shares.size());
  for (const auto& row : report.rows) {
    EXPECT_EQ(row.local_top1.has_value(), row.share < 1.0);
    EXPECT_EQ(row.local_ms.has_value(), row.share < 1.0);
    EXPECT_EQ(row.remote_top1.has_value(), row.share > 0.0);
    EXPECT_EQ(row.wire_bytes_mean > 0.0, row.share > 0.0);
    EXPECT_EQ(row.front_macs, report.rows[0].front_macs);
    EXPECT_GT(row.front_macs, 0);
    EXPECT_EQ(row.local_macs > 0, row.share < 1.0);
    EXPECT_EQ(row.remote_macs, row.share > 0.0 ? report.rows[0].local_macs : 0) << "the cloud runs the full width";
    EXPECT_DOUBLE_EQ(row.loss_points, report.reference_top1 - row.top1);
  }
  for (std::size_t i = 1; i < report.rows.size(); ++i) {
    EXPECT_LT(report.rows[i].local_macs, report.rows[i - 1].local_macs);
    EXPECT_GT(report.rows[i].wire_bytes_mean, report.rows[i - 1].wire_bytes_mean);
  }
}

// The table measures in batches; tasks run one by one. Both must tell the same of an image.
TEST_F(accuracy, agrees_with_running_the_tasks_one_by_one) {
  const auto report = evaluate_accuracy(bundle_, *data_, [](auto, auto) {});
  edge_model edge(bundle_);
  cloud_model cloud(bundle_);
  const auto& format = bundle_.manifest().format;
  for (const auto& row : report.rows) {
    int correct = 0;
    for (std::size_t i = 0; i < images; ++i) {
      const auto [picture, label] = data_->at(i);
      const auto extracted = edge.extract(picture);
      const auto split = split_channels(extracted.importance, row.share);
      std::vector<float> answer;
      if (row.share < 1.0) answer = edge.infer_local(extracted.features, split.primary, row.share);
      if (row.share > 0.0) {
        std::vector<std::byte> frame;
        encode_features(format, extracted.features.values(), split.secondary, frame);
        std::vector<std::vector<float>> received(1, std::vector<float>(extracted.features.values().size()));
        decode_features(format, frame, received[0]);
        const auto remote = cloud.infer_remote(received, row.share)[0];
        answer = answer.empty() ? remote : fuse_weighted(answer, remote, row.lambda);
      }
      correct += argmax(answer) == static_cast<std::size_t>(label) ? 1 : 0;
    }
    EXPECT_NEAR(row.top1, 100.0 * correct / images, 100.0 / images) << "share " << row.share;
  }
}

TEST_F(accuracy, fusion_table_has_three_methods_for_each_share_with_two_halves) {
  const auto report = evaluate_fusion(bundle_, *data_, [](auto, auto) {});
  ASSERT_EQ(report.rows.size(), 9U);
  for (const auto& row : report.rows) {
    EXPECT_GT(row.top1, 100.0 / 10) << row.method << " is no better than guessing";
    EXPECT_GT(row.microseconds, 0.0);
  }
  EXPECT_EQ(report.rows[0].method, "weighted sum");
  EXPECT_EQ(report.rows[1].method, "fully connected");
  EXPECT_EQ(report.rows[2].method, "convolutional");
}

/// Folders of model bundles among the shipped ones; policies lie beside them.
std::vector<std::string> shipped_models() {
  std::vector<std::string> found;
  for (const auto& each : std::filesystem::directory_iterator(DVFO_BUNDLES)) {
    std::ifstream in(each.path() / "manifest.toml");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.find("feature_channels") != std::string::npos) found.push_back(each.path().filename().string());
  }
  return found;
}

class shipped_model : public testing::TestWithParam<std::string> {};

TEST_P(shipped_model, answers_at_every_share) {
  const auto bundle = model_bundle::load(std::filesystem::path(DVFO_BUNDLES) / GetParam());
  const auto& manifest = bundle.manifest();
  edge_model edge(bundle);
  cloud_model cloud(bundle);
  const auto extracted = edge.extract(make_procedural(subset::test, 1)->at(0).picture);
  const auto is_answer = testing::AllOf(testing::SizeIs(manifest.labels.size()),
                                        testing::Each(testing::Truly([](float x) { return std::isfinite(x); })));
  for (const double share : trained_shares) {
    const auto split = split_channels(extracted.importance, share);
    if (share < 1.0) {
      EXPECT_THAT(edge.infer_local(extracted.features, split.primary, share), is_answer);
    }
    if (share == 0.0) continue;
    std::vector<std::byte> frame;
    encode_features(manifest.format, extracted.features.values(), split.secondary, frame);
    std::vector<std::vector<float>> received(1, std::vector<float>(extracted.features.values().size()));
    decode_features(manifest.format, frame, received[0]);
    EXPECT_THAT(cloud.infer_remote(received, share)[0], is_answer);
  }
}

/// Test images of the set that a bundle was trained for; nothing where it is not at hand.
std::unique_ptr<dataset> test_images_of(const bundle_manifest& manifest) {
  if (manifest.dataset == "procedural") return make_procedural(subset::test, 1024);
  const auto data = tests::variable("DVFO_DATA");
  return data ? open_dataset(*data + "/" + manifest.dataset, subset::test) : nullptr;
}

// A bundle with wrong weights at one share answered as readily as before, and every test passed.
TEST_P(shipped_model, is_as_often_right_as_its_manifest_says) {
  const auto bundle = model_bundle::load(std::filesystem::path(DVFO_BUNDLES) / GetParam());
  const auto& manifest = bundle.manifest();
  const auto all = test_images_of(manifest);
  if (all == nullptr) GTEST_SKIP() << "DVFO_DATA is not set: it names the folder that holds " << manifest.dataset;
  constexpr std::size_t count = 400;
  const auto report = evaluate_accuracy(bundle, *hold_back(*all, count).held, [](auto, auto) {});
  const auto expect_near = [](double found, double promised) {
    const double deviation = 100.0 * std::sqrt(promised / 100.0 * (1.0 - promised / 100.0) / count);
    EXPECT_NEAR(found, promised, std::max(4.0 * deviation, 1.0));
  };
  expect_near(report.reference_top1, manifest.reference_top1);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    SCOPED_TRACE(trained_shares[s]);
    expect_near(report.rows[s].top1, manifest.figures[s].top1);
  }
}

INSTANTIATE_TEST_SUITE_P(bundles, shipped_model, testing::ValuesIn(shipped_models()), [](const auto& of) {
  auto name = of.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

class other_labels : public dataset {
 public:
  const std::string& name() const override { return name_; }
  std::size_t size() const override { return 1; }
  int image_size() const override { return 32; }
  const std::vector<std::string>& labels() const override { return labels_; }
  example at(std::size_t) const override { return {}; }

 private:
  std::string name_ = "others";
  std::vector<std::string> labels_ = {"cat"};
};

TEST_F(accuracy, refuses_a_data_set_with_other_labels) {
  try {
    evaluate_accuracy(bundle_, other_labels(), [](auto, auto) {});
    FAIL();
  } catch (const error& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("others"));
    EXPECT_THAT(e.what(), testing::HasSubstr("procedural"));
  }
}

}  // namespace
}  // namespace dvfo::evaluation
