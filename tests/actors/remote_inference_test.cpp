#include "actors/remote_inference.hpp"

#include "messages/checks.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

using messages::reply_code;
using ::testing::HasSubstr;

caf::behavior mock_worker(caf::event_based_actor* self, std::shared_ptr<batch_desk> batches) {
  return mock_behavior(self, onto<batch_atom>(self, batches));
}

class remote_inference_test : public actor_test {
 protected:
  remote_inference_test() {
    worker_ = caf::actor_cast<remote_worker_actor>(owned(system_.spawn(mock_worker, batches_)));
    remote_inference_options options;
    options.served.bundle_id = 42;
    options.served.bundle_name = "test";
    options.max_batch = 3;
    options.max_batch_delay = 10ms;
    options.max_queue = 4;
    router_ = owned(spawn_remote_inference(system_, {worker_}, options));
    run();
  }

  auto send(std::uint64_t id, double share = 0.5, double budget = 1.0, std::uint64_t bundle = 42) {
    const messages::infer_request request{.task_id = id,
                                          .bundle_id = bundle,
                                          .share = share,
                                          .budget_seconds = budget,
                                          .frame = "frame " + std::to_string(id)};
    return ask<wire_message>(router_, infer_atom{}, wire_message{messages::encode(request)});
  }

  static messages::infer_reply read(const std::shared_ptr<reply<wire_message>>& reply) {
    EXPECT_EQ(reply->count, 1);
    if (!reply->value) return {};
    auto got = messages::parse_infer_reply(reply->value->bytes);
    EXPECT_TRUE(got) << got.error;
    return got ? *got : messages::infer_reply{};
  }

  /// The worker's answer: logits {index in the batch}.
  void compute(const batch_desk::item& batch) {
    batch_result result;
    for (std::size_t i = 0; i < batch.request.frames->size(); ++i) {
      batch_item item;
      item.logits = {static_cast<float>(i)};
      item.decode_seconds = 0.001;
      result.items.push_back(item);
    }
    result.compute_seconds = 0.004;
    batch.deliver(result);
    run();
  }

  std::shared_ptr<batch_desk> batches_ = std::make_shared<batch_desk>("worker");
  remote_worker_actor worker_;
  remote_router_actor router_;
};

TEST_F(remote_inference_test, a_lone_request_meets_a_free_worker_at_once) {
  const auto reply = send(1);
  const auto batch = batches_->take();
  EXPECT_EQ(*batch.request.frames, std::vector<std::string>{"frame 1"});
  compute(batch);
  const auto got = read(reply);
  EXPECT_EQ(got.code, reply_code::ok);
  EXPECT_EQ(got.task_id, 1U);
  EXPECT_EQ(got.batch_size, 1U);
  EXPECT_EQ(got.queue_seconds, 0.0);
  EXPECT_EQ(got.decode_seconds, 0.001);
  EXPECT_EQ(got.compute_seconds, 0.004);
}

TEST_F(remote_inference_test, requests_that_come_while_the_worker_is_busy_share_the_next_pass) {
  send(1);
  const auto first = batches_->take();
  const auto second = send(2, 0.5);
  advance(5ms);
  const auto third = send(3, 0.5);
  advance(6ms);
  EXPECT_EQ(batches_->size(), 0U);
  compute(first);
  const auto batch = batches_->take();
  EXPECT_EQ(*batch.request.frames, (std::vector<std::string>{"frame 2", "frame 3"}));
  compute(batch);
  EXPECT_EQ(read(second).logits, std::vector<float>{0.0F});
  EXPECT_EQ(read(third).logits, std::vector<float>{1.0F});
  EXPECT_EQ(read(third).batch_size, 2U);
  EXPECT_NEAR(read(second).queue_seconds, 0.011, 1e-6);
}

TEST_F(remote_inference_test, a_freed_worker_waits_for_company_until_the_oldest_has_waited_enough) {
  send(1);
  const auto first = batches_->take();
  send(2);
  compute(first);
  EXPECT_EQ(batches_->size(), 0U);
  advance(8ms);
  EXPECT_EQ(batches_->size(), 0U);
  advance(3ms);
  ASSERT_EQ(batches_->size(), 1U);
  EXPECT_EQ(*batches_->take().request.frames, std::vector<std::string>{"frame 2"});
}

TEST_F(remote_inference_test, a_full_batch_does_not_wait) {
  send(1);
  const auto first = batches_->take();
  send(2);
  compute(first);
  send(3);
  EXPECT_EQ(batches_->size(), 0U);
  send(4);
  EXPECT_EQ(batches_->take().request.frames->size(), 3U);
}

// Regression: a worker idled from its answer until two threads had woken and sent it the next batch, which had been
// ready all the time.
TEST_F(remote_inference_test, a_full_batch_lies_ready_with_the_worker_before_it_is_done) {
  send(1);
  const auto first = batches_->take();
  const auto second = send(2);
  send(3);
  EXPECT_EQ(batches_->size(), 0U) << "it can grow still";
  send(4);
  const auto ahead = batches_->take();
  EXPECT_EQ(ahead.request.frames->size(), 3U);
  for (std::uint64_t id = 5; id <= 7; ++id) send(id);
  EXPECT_EQ(batches_->size(), 0U) << "one ahead, no more";
  advance(7ms);
  compute(first);
  EXPECT_EQ(batches_->take().request.frames->size(), 3U);
  batch_result late;
  late.items.assign(3, batch_item{.logits = {1.0F}, .error = {}});
  late.started = now();
  ahead.deliver(late);
  run();
  EXPECT_NEAR(read(second).queue_seconds, 0.007, 1e-6) << "until the worker took it up";
}

// Regression: with a worker that hung, whoever waited for it or behind it had no reply at all.
TEST_F(remote_inference_test, nobody_waits_longer_than_his_time_for_a_worker_that_hangs) {
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::shared_ptr<reply<wire_message>>> replies;
    for (std::uint64_t id = 1; id <= 4; ++id) replies.push_back(send(id, 0.5, 0.02));
    advance(21ms, 21ms);
    for (const auto& each : replies) EXPECT_EQ(read(each).code, reply_code::expired);
  }
  EXPECT_EQ(batches_->size(), 2U) << "what it computes, and at most one batch ahead";
  EXPECT_EQ(ask<caf::ok_atom>(router_, drain_atom{})->count, 1) << "nobody is left";
  batches_->take();
  batches_->take();
}

TEST_F(remote_inference_test, shares_are_batched_by_their_grid_share) {
  send(1);
  const auto first = batches_->take();
  send(2, 0.52);
  advance(1ms);
  send(3, 0.25);
  send(4, 0.48);
  advance(11ms);
  compute(first);
  const auto half = batches_->take();
  EXPECT_EQ(half.request.kind.share, 0.5);
  EXPECT_EQ(*half.request.frames, (std::vector<std::string>{"frame 2", "frame 4"}));
  compute(half);
  const auto quarter = batches_->take();
  EXPECT_EQ(quarter.request.kind.share, 0.25);
}

TEST_F(remote_inference_test, a_full_queue_is_busy) {
  send(1);
  const auto first = batches_->take();
  for (std::uint64_t id = 2; id <= 8; ++id) EXPECT_TRUE(send(id)->is_open()) << "a full batch ahead, and four wait";
  const auto refused = read(send(9));
  EXPECT_EQ(refused.code, reply_code::busy);
  EXPECT_EQ(refused.task_id, 9U);
  compute(first);
  EXPECT_TRUE(send(10)->is_open());
  batches_->take();
  batches_->take();
}

TEST_F(remote_inference_test, an_expired_request_is_refused_instead_of_computed) {
  send(1);
  const auto first = batches_->take();
  const auto late = send(2, 0.5, 0.020);
  const auto patient = send(3, 0.5, 1.0);
  advance(25ms);
  compute(first);
  EXPECT_EQ(read(late).code, reply_code::expired);
  EXPECT_EQ(read(late).task_id, 2U);
  EXPECT_EQ(*batches_->take().request.frames, std::vector<std::string>{"frame 3"});
  EXPECT_TRUE(patient->is_open());
  EXPECT_EQ(read(send(4, 0.5, 0.0)).code, reply_code::expired);
}

TEST_F(remote_inference_test, one_bad_frame_spoils_only_its_own_reply) {
  send(1);
  const auto first = batches_->take();
  const auto good = send(2);
  const auto bad = send(3);
  const auto broken = send(4);
  compute(first);
  const auto batch = batches_->take();
  batch_result result;
  result.items.resize(3);
  result.items[0].logits = {5.0F};
  result.items[1].bad_frame = true;
  result.items[1].error = "checksum";
  result.items[2].error = "no memory";
  batch.deliver(result);
  run();
  EXPECT_EQ(read(good).logits, std::vector<float>{5.0F});
  EXPECT_EQ(read(bad).code, reply_code::bad_request);
  EXPECT_THAT(read(bad).text, HasSubstr("checksum"));
  EXPECT_EQ(read(broken).code, reply_code::failed);
}

TEST_F(remote_inference_test, refuses_what_is_not_for_it) {
  const auto other_bundle = read(send(1, 0.5, 1.0, 43));
  EXPECT_EQ(other_bundle.code, reply_code::bundle_mismatch);
  EXPECT_THAT(other_bundle.text, HasSubstr("\"test\""));
  EXPECT_EQ(read(send(2, 0.0)).code, reply_code::bad_request);
  const auto noise = ask<wire_message>(router_, infer_atom{}, wire_message{"\xff\xff"});
  EXPECT_EQ(read(noise).code, reply_code::bad_request);
}

TEST_F(remote_inference_test, says_what_it_serves) {
  const auto reply =
      ask<wire_message>(router_, hello_atom{}, wire_message{messages::encode(messages::hello_request{})});
  ASSERT_TRUE(reply->value);
  const auto served = messages::parse_hello_reply(reply->value->bytes);
  ASSERT_TRUE(served) << served.error;
  EXPECT_EQ(served->bundle_id, 42U);
  EXPECT_TRUE(ask<wire_message>(router_, hello_atom{}, wire_message{"\xff"})->error);
}

TEST_F(remote_inference_test, a_failing_worker_fails_its_batch_and_goes_on) {
  const auto reply = send(1);
  batches_->take().deliver(make_failure(ec::inference, "out of memory"));
  run();
  EXPECT_EQ(read(reply).code, reply_code::failed);
  EXPECT_THAT(read(reply).text, HasSubstr("out of memory"));
  send(2);
  batches_->take();
}

TEST_F(remote_inference_test, without_a_worker_nobody_waits_for_ever) {
  caf::anon_send_exit(worker_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(read(send(1)).code, reply_code::failed);
  const auto second = read(send(2));
  EXPECT_EQ(second.code, reply_code::failed);
  EXPECT_THAT(second.text, HasSubstr("no worker is left"));
}

TEST_F(remote_inference_test, drains_and_then_refuses) {
  const auto running = send(1);
  const auto batch = batches_->take();
  const auto drained = ask<caf::ok_atom>(router_, drain_atom{});
  EXPECT_TRUE(drained->is_open());
  EXPECT_EQ(read(send(2)).code, reply_code::busy);
  compute(batch);
  EXPECT_EQ(read(running).code, reply_code::ok);
  EXPECT_EQ(drained->count, 1);
}

}  // namespace
}  // namespace dvfo::actors
