#include "actors/remote_worker.hpp"

#include "tests/actors/actor_test.hpp"
#include "tests/actors/fakes.hpp"

namespace dvfo::actors {
namespace {

using ::testing::HasSubstr;

class remote_worker_test : public actor_test {
 protected:
  static std::string frame(std::vector<std::uint16_t> channels) {
    std::vector<std::byte> bytes;
    inference::encode_features(fake_format(), fake_extraction().features.values(), channels, bytes);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  batch_result compute(std::vector<std::string> frames, const batch_kind& kind = {.share = 0.5}) {
    const batch_job job{.kind = kind, .frames = std::make_shared<const std::vector<std::string>>(std::move(frames))};
    const auto reply = ask<batch_result>(worker_, batch_atom{}, job);
    EXPECT_TRUE(reply->value);
    return reply->value.value_or(batch_result{});
  }

  std::shared_ptr<fake_cloud> cloud_ = std::make_shared<fake_cloud>();
  remote_worker_actor worker_ = owned(system_.spawn(remote_worker, cloud_, fake_format()));
};

TEST_F(remote_worker_test, decodes_and_infers_a_batch) {
  const auto result = compute({frame({3}), frame({2, 3})});
  ASSERT_EQ(result.items.size(), 2U);
  EXPECT_EQ(result.items[0].logits, (std::vector<float>{16.0F, 2.0F}));
  EXPECT_EQ(result.items[1].logits, (std::vector<float>{28.0F, 2.0F}));
}

TEST_F(remote_worker_test, inputs_go_through_the_unsplit_network) {
  const auto pixels = compute({std::string(12, '\x05'), std::string(6, '\x09')},
                              {.share = 1.0, .frames = messages::frame_kind::pixels, .width = 2});
  ASSERT_EQ(pixels.items.size(), 2U);
  EXPECT_EQ(pixels.items[0].logits, (std::vector<float>{5.0F, 2.0F, 2.0F}));
  EXPECT_EQ(pixels.items[1].logits, (std::vector<float>{9.0F, 2.0F, 2.0F}));

  const auto jpeg = inference::compress_input(*fake_input(16), 16);
  const auto files = compute({"no JPEG", jpeg.bytes}, {.share = 1.0, .frames = messages::frame_kind::jpeg});
  EXPECT_TRUE(files.items[0].bad_frame);
  EXPECT_EQ(files.items[1].logits.at(1), 16.0F) << "a bad one spoils only its own item";
}

// Both rooms write the numbers down; the actors between them only pass them through.
TEST(frame_kind_of, keeps_the_number_of_every_coding) {
  EXPECT_EQ(frame_kind_of(inference::input_coding::jpeg), messages::frame_kind::jpeg);
  EXPECT_EQ(frame_kind_of(inference::input_coding::pixels), messages::frame_kind::pixels);
  EXPECT_EQ(coding_of(messages::frame_kind::pixels), inference::input_coding::pixels);
}

TEST_F(remote_worker_test, a_bad_frame_spoils_only_its_own_item) {
  auto damaged = frame({2, 3});
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  const auto result = compute({frame({3}), damaged, "", frame({2, 3})});
  ASSERT_EQ(result.items.size(), 4U);
  EXPECT_EQ(result.items[0].logits, (std::vector<float>{16.0F, 2.0F}));
  EXPECT_TRUE(result.items[1].bad_frame);
  EXPECT_NE(result.items[1].error, "");
  EXPECT_TRUE(result.items[2].bad_frame);
  EXPECT_EQ(result.items[3].logits, (std::vector<float>{28.0F, 2.0F}));
}

TEST_F(remote_worker_test, bad_frames_alone_do_not_reach_the_model) {
  cloud_->is_broken = true;
  const auto result = compute({"nonsense"});
  EXPECT_TRUE(result.items[0].bad_frame);
  EXPECT_EQ(result.compute_seconds, 0.0);
}

TEST_F(remote_worker_test, a_failing_model_marks_its_items_and_the_worker_lives) {
  cloud_->is_broken = true;
  const auto failed = compute({frame({3}), "nonsense"});
  EXPECT_THAT(failed.items[0].error, HasSubstr("the model is broken"));
  EXPECT_FALSE(failed.items[0].bad_frame);
  EXPECT_TRUE(failed.items[1].bad_frame);
  cloud_->is_broken = false;
  EXPECT_EQ(compute({frame({3})}).items[0].logits, (std::vector<float>{16.0F, 1.0F}));
}

}  // namespace
}  // namespace dvfo::actors
