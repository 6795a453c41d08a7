#include "actors/local_inference.hpp"

#include "tests/actors/actor_test.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

caf::behavior mock_listener(caf::event_based_actor* self, std::shared_ptr<tray<extracted>> features) {
  return mock_behavior(self, into(features));
}

class local_inference_test : public actor_test {
 protected:
  local_inference_test() {
    listener_ = caf::actor_cast<extraction_listener>(owned(system_.spawn(mock_listener, features_)));
  }

  auto extract(double share, std::chrono::milliseconds left = 100ms, int side = 2) {
    extraction_job job{
        .task_id = 3, .input = fake_input(side), .share = share, .deadline = now() + left, .listener = listener_};
    return ask<local_result>(local_, extract_atom{}, job);
  }

  std::shared_ptr<tray<extracted>> features_ = std::make_shared<tray<extracted>>("listener");
  std::shared_ptr<fake_edge> edge_ = std::make_shared<fake_edge>();
  extraction_listener listener_;
  local_inference_actor local_ = owned(system_.spawn(local_inference, edge_, std::shared_ptr<board_pacer>{}));
};

TEST_F(local_inference_test, tells_the_features_and_answers_with_the_local_half) {
  const auto reply = extract(0.5);
  const auto found = features_->take();
  EXPECT_EQ(found.task_id, 3U);
  EXPECT_EQ(found.share, 0.5);
  EXPECT_EQ(found.split.secondary, (std::vector<std::uint16_t>{2, 3}));
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, (std::vector<float>{0.5F, 2.0F}));
}

TEST_F(local_inference_test, without_a_listener_the_features_come_with_the_local_half) {
  listener_ = nullptr;
  const auto reply = extract(0.0);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, (std::vector<float>{0.0F, 4.0F}));
  ASSERT_TRUE(reply->value->found);
  EXPECT_EQ(reply->value->found->extraction.importance, fake_extraction().importance);
}

TEST_F(local_inference_test, share_1_has_no_local_half) {
  const auto reply = extract(1.0);
  EXPECT_EQ(features_->take().share, 1.0);
  ASSERT_TRUE(reply->value);
  EXPECT_TRUE(reply->value->logits.empty());
}

TEST_F(local_inference_test, shares_that_leave_one_side_without_a_channel_become_0_or_1) {
  EXPECT_EQ(extract(0.1)->value->logits, (std::vector<float>{0.0F, 4.0F}));
  EXPECT_EQ(features_->take().share, 0.0);
  EXPECT_TRUE(extract(0.9)->value->logits.empty());
  EXPECT_EQ(features_->take().share, 1.0);
}

TEST_F(local_inference_test, what_is_over_is_not_started) {
  EXPECT_EQ(code_of(extract(0.5, 0ms)->error), ec::deadline);
  const local_job job{
      .task_id = 3, .features = fake_extraction().features, .channels = {0}, .share = 0.0, .deadline = now()};
  EXPECT_EQ(code_of(ask<local_result>(local_, local_atom{}, job)->error), ec::deadline);
}

TEST_F(local_inference_test, a_bad_image_is_an_error_reply_and_the_actor_lives) {
  edge_->bad_width = 5;
  const auto failed = extract(0.5, 100ms, 5);
  EXPECT_EQ(code_of(failed->error), ec::inference);
  EXPECT_EQ(text_of(failed->error), "this width is bad");
  EXPECT_TRUE(extract(0.5)->value);
  features_->take();
}

TEST_F(local_inference_test, a_failing_local_half_is_an_error_reply) {
  const local_job job{.task_id = 3, .features = {}, .channels = {0}, .share = 0.0, .deadline = now() + 10ms};
  EXPECT_EQ(text_of(ask<local_result>(local_, local_atom{}, job)->error), "no features");
}

TEST_F(local_inference_test, runs_the_rescue) {
  const local_job job{.task_id = 3,
                      .features = fake_extraction().features,
                      .channels = {0, 1, 2, 3},
                      .share = 0.0,
                      .deadline = now() + 10ms};
  EXPECT_EQ(ask<local_result>(local_, local_atom{}, job)->value->logits, (std::vector<float>{0.0F, 4.0F}));
}

/// A simulated board that takes 3 ms for everything and finds this host 1 ms late.
class slow_board : public board_pacer {
 public:
  void begin(part which, double share) override { begun.emplace_back(which, share); }
  pass finish() override { return {.seconds = 0.003, .overrun_seconds = 0.001}; }
  std::vector<std::pair<part, double>> begun;
};

TEST_F(local_inference_test, on_a_simulated_board_passes_last_as_long_as_the_board_says) {
  auto board = std::make_shared<slow_board>();
  local_ = owned(system_.spawn(local_inference, edge_, std::shared_ptr<board_pacer>(board)));
  const auto reply = extract(0.5);
  const auto found = features_->take();
  EXPECT_EQ(found.extract_seconds, 0.003);
  EXPECT_EQ(found.overrun_seconds, 0.001);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->seconds, 0.003);
  EXPECT_EQ(reply->value->overrun_seconds, 0.001);
  ASSERT_EQ(board->begun.size(), 2U);
  EXPECT_EQ(board->begun[0].first, board_pacer::part::front);
  EXPECT_EQ(board->begun[1], std::make_pair(board_pacer::part::local, 0.5));
}

}  // namespace
}  // namespace dvfo::actors
