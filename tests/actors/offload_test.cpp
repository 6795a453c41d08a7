#include "actors/offload.hpp"

#include "actors/input_encoder.hpp"
#include "messages/checks.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

using messages::reply_code;
using policy::degraded_reason;
using ::testing::HasSubstr;

caf::behavior mock_remote(caf::event_based_actor* self, std::shared_ptr<wire_desk> requests) {
  return mock_behavior(self, onto<infer_atom>(self, requests));
}

caf::behavior mock_watcher(caf::event_based_actor* self, std::shared_ptr<tray<link_suspicion>> doubts) {
  return mock_behavior(self, into(doubts));
}

class offload_test : public actor_test {
 protected:
  offload_test() {
    remote_ = caf::actor_cast<remote_inference_actor>(owned(system_.spawn(mock_remote, requests_)));
    watcher_ = caf::actor_cast<link_watcher>(owned(system_.spawn(mock_watcher, doubts_)));
    inputs_ = owned(system_.spawn(input_encoder, 4));
    offload_ =
        owned(spawn_offload(system_, {.format = fake_format(), .bundle_id = 42, .window = 2, .inputs = inputs_}));
    run();
  }

  void connect(std::uint64_t generation = 1) {
    tell(offload_, link_up{.remote = remote_, .generation = generation, .watcher = watcher_});
  }

  auto send(std::uint64_t id, std::chrono::milliseconds left = 50ms) {
    offload_job job{.task_id = id,
                    .features = fake_extraction().features,
                    .channels = {2, 3},
                    .share = 0.5,
                    .answer_by = now() + left};
    return ask<offload_result>(offload_, offload_atom{}, job);
  }

  /// The request that an offload of a 4 × 4 image becomes.
  messages::infer_request sent_input(policy::payload sends, double share) {
    offload_job job;
    job.task_id = 1;
    job.share = share;
    job.answer_by = now() + 50ms;
    job.sends = sends;
    job.input = fake_input(4);
    const auto reply = ask<offload_result>(offload_, offload_atom{}, job);
    const auto item = requests_->take();
    auto request = messages::parse_infer_request(item.request.bytes);
    answer(item, good_reply(1));
    EXPECT_EQ(reply->value->degraded, degraded_reason::none);
    return request ? *request : messages::infer_request{};
  }

  static wire_message good_reply(std::uint64_t id) {
    messages::infer_reply reply;
    reply.task_id = id;
    reply.logits = {1.0F, 2.0F};
    reply.decode_seconds = 0.001;
    reply.compute_seconds = 0.002;
    reply.batch_size = 4;
    return {messages::encode(reply)};
  }

  static wire_message refusal(std::uint64_t id, reply_code code) {
    messages::infer_reply reply;
    reply.task_id = id;
    reply.code = code;
    reply.text = "because";
    return {messages::encode(reply)};
  }

  void answer(const wire_desk::item& item, const wire_message& reply) {
    item.deliver(reply);
    run();
  }

  std::shared_ptr<wire_desk> requests_ = std::make_shared<wire_desk>("cloud");
  std::shared_ptr<tray<link_suspicion>> doubts_ = std::make_shared<tray<link_suspicion>>("watcher");
  remote_inference_actor remote_;
  link_watcher watcher_;
  input_encoder_actor inputs_;
  offload_actor offload_;
};

TEST_F(offload_test, the_input_travels_as_jpeg_or_as_a_share_of_its_pixels) {
  connect();
  const auto jpeg = sent_input(policy::payload::compressed, 1.0);
  EXPECT_EQ(jpeg.kind, messages::frame_kind::jpeg);
  EXPECT_EQ(jpeg.frame.substr(0, 2), "\xff\xd8");
  const auto whole = sent_input(policy::payload::input, 1.0);
  EXPECT_EQ(whole.kind, messages::frame_kind::pixels);
  EXPECT_EQ(whole.frame, std::string(48, '\x07'));
  const auto quarter = sent_input(policy::payload::input, 0.25);
  EXPECT_EQ(quarter.width, 2U);
  EXPECT_EQ(quarter.frame, std::string(12, '\x07'));
}

TEST_F(offload_test, sends_the_secondary_channels_and_reads_the_reply) {
  connect();
  const auto reply = send(7);
  const auto item = requests_->take();
  const auto request = messages::parse_infer_request(item.request.bytes);
  ASSERT_TRUE(request) << request.error;
  EXPECT_EQ(request->task_id, 7U);
  EXPECT_EQ(request->bundle_id, 42U);
  EXPECT_EQ(request->share, 0.5);
  EXPECT_NEAR(request->budget_seconds, 0.05, 1e-9);
  std::vector<float> features(16);
  EXPECT_EQ(inference::decode_features(fake_format(), std::as_bytes(std::span(request->frame)), features),
            (std::vector<std::uint16_t>{2, 3}));
  EXPECT_FLOAT_EQ(features[15], 4.0F);

  advance(10ms);
  const auto bytes = good_reply(7);
  answer(item, bytes);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->degraded, degraded_reason::none);
  EXPECT_EQ(reply->value->logits, (std::vector<float>{1.0F, 2.0F}));
  EXPECT_EQ(reply->value->batch_size, 4U);
  EXPECT_NEAR(reply->value->stages.transfer, 0.010 - 0.003, 1e-9);
  EXPECT_DOUBLE_EQ(reply->value->stages.remote_compute, 0.002);
  const wire_size sizes(system_);
  EXPECT_EQ(reply->value->wire_up_bytes, sizes.request(item.request.bytes.size()));
  EXPECT_EQ(reply->value->wire_down_bytes, sizes.reply(bytes.bytes.size()));
}

TEST_F(offload_test, says_link_down_before_the_first_link) {
  const auto reply = send(1);
  EXPECT_EQ(reply->value->degraded, degraded_reason::link_down);
}

TEST_F(offload_test, the_window_is_bounded_and_frees_with_every_end) {
  connect();
  const auto first = send(1);
  const auto second = send(2);
  EXPECT_EQ(send(3)->value->degraded, degraded_reason::window_full);
  answer(requests_->take(), good_reply(1));
  EXPECT_TRUE(first->value);
  const auto fourth = send(4);
  EXPECT_TRUE(fourth->is_open());
  advance(60ms);
  EXPECT_EQ(second->value->degraded, degraded_reason::cloud_late);
  EXPECT_EQ(fourth->value->degraded, degraded_reason::cloud_late);
  EXPECT_TRUE(send(5)->is_open());
  while (requests_->size() > 0) requests_->take();
  doubts_->clear();
}

TEST_F(offload_test, a_reply_after_the_timeout_changes_nothing) {
  connect();
  const auto reply = send(1);
  advance(60ms);
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->degraded, degraded_reason::cloud_late);
  answer(requests_->take(), good_reply(1));
  EXPECT_EQ(reply->count, 1);
  doubts_->clear();
}

TEST_F(offload_test, too_little_time_is_not_sent_at_all) {
  connect();
  EXPECT_EQ(send(1, 0ms)->value->degraded, degraded_reason::cloud_late);
  EXPECT_EQ(send(2, -5ms)->value->degraded, degraded_reason::cloud_late);
}

TEST_F(offload_test, refusals_of_the_cloud_have_their_reasons) {
  connect();
  const std::vector<std::pair<reply_code, degraded_reason>> cases = {
      {reply_code::busy, degraded_reason::cloud_refused},
      {reply_code::expired, degraded_reason::cloud_refused},
      {reply_code::bad_request, degraded_reason::cloud_failed},
      {reply_code::bundle_mismatch, degraded_reason::cloud_failed},
      {reply_code::failed, degraded_reason::cloud_failed}};
  for (const auto& [code, reason] : cases) {
    const auto reply = send(1);
    answer(requests_->take(), refusal(1, code));
    ASSERT_TRUE(reply->value);
    EXPECT_EQ(reply->value->degraded, reason);
    EXPECT_THAT(reply->value->text, HasSubstr("because"));
  }
}

TEST_F(offload_test, an_unreadable_reply_degrades) {
  connect();
  const auto reply = send(1);
  answer(requests_->take(), wire_message{"\xff\xff\xff"});
  EXPECT_EQ(reply->value->degraded, degraded_reason::offload_failed);
  const auto swapped = send(2);
  answer(requests_->take(), good_reply(3));
  EXPECT_EQ(swapped->value->degraded, degraded_reason::offload_failed);
  EXPECT_THAT(swapped->value->text, HasSubstr("for task 3, expected 2"));
}

TEST_F(offload_test, an_error_of_the_remote_actor_degrades) {
  connect();
  const auto reply = send(1);
  requests_->take().deliver(caf::make_error(caf::sec::unexpected_message));
  run();
  EXPECT_EQ(reply->value->degraded, degraded_reason::cloud_failed);
}

TEST_F(offload_test, the_end_of_the_link_answers_everything_in_flight_at_once) {
  connect();
  const auto first = send(1);
  const auto second = send(2);
  tell(offload_, link_down{"the cloud died"});
  EXPECT_EQ(first->value->degraded, degraded_reason::link_down);
  EXPECT_EQ(second->value->text, "the cloud died");
  answer(requests_->take(), good_reply(1));
  advance(60ms);
  EXPECT_EQ(first->count + second->count, 2);
  requests_->take();
  EXPECT_EQ(doubts_->size(), 0U) << "what died with its link is no timeout";
}

TEST_F(offload_test, timeouts_in_a_row_are_reported_and_a_reply_ends_the_row) {
  connect(3);
  send(1);
  advance(60ms);
  send(2);
  advance(60ms);
  const auto first = doubts_->take();
  EXPECT_EQ(first.generation, 3U);
  EXPECT_EQ(first.consecutive_timeouts, 1U);
  EXPECT_EQ(doubts_->take().consecutive_timeouts, 2U);
  while (requests_->size() > 0) requests_->take();
  send(3);
  answer(requests_->take(), good_reply(3));
  send(4);
  advance(60ms);
  EXPECT_EQ(doubts_->take().consecutive_timeouts, 1U);
  requests_->take();
}

TEST_F(offload_test, features_that_do_not_fit_degrade) {
  connect();
  offload_job job{.task_id = 1,
                  .features = inference::feature_map({1.0F}),
                  .channels = {0},
                  .share = 0.5,
                  .answer_by = now() + 50ms};
  const auto reply = ask<offload_result>(offload_, offload_atom{}, job);
  EXPECT_EQ(reply->value->degraded, degraded_reason::offload_failed);
  EXPECT_NE(reply->value->text, "");
}

TEST_F(offload_test, a_dead_remote_is_link_down) {
  connect();
  caf::anon_send_exit(remote_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(send(1)->value->degraded, degraded_reason::link_down);
}

TEST_F(offload_test, a_peers_own_times_may_not_make_transfer_negative) {
  connect();
  const auto reply = send(1);
  answer(requests_->take(), good_reply(1));  // 3 ms of the cloud's own in a round trip of 0
  EXPECT_EQ(reply->value->stages.transfer, 0.0);
}

}  // namespace
}  // namespace dvfo::actors
