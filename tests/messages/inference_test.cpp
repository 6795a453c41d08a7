#include "messages/inference.hpp"

#include <gtest/gtest.h>

#include "messages/checks.hpp"

namespace dvfo::messages {
namespace {

TEST(inference_messages, infer_request_survives_the_way) {
  const infer_request sent{
      .task_id = 7, .bundle_id = 0xfedcba9876543210, .share = 0.5, .budget_seconds = 0.25, .frame = {"a\0b", 3}};
  const auto got = parse_infer_request(encode(sent));
  ASSERT_TRUE(got) << got.error;
  EXPECT_EQ(got->task_id, sent.task_id);
  EXPECT_EQ(got->bundle_id, sent.bundle_id);
  EXPECT_EQ(got->share, sent.share);
  EXPECT_EQ(got->budget_seconds, sent.budget_seconds);
  EXPECT_EQ(got->frame, sent.frame);
  EXPECT_EQ(got->kind, frame_kind::features);
}

TEST(inference_messages, a_request_may_carry_the_input) {
  for (const auto kind : {frame_kind::jpeg, frame_kind::pixels}) {
    const std::uint32_t width = kind == frame_kind::pixels ? 2 : 0;
    const infer_request sent{.task_id = 7, .share = 1.0, .frame = "123456", .kind = kind, .width = width};
    const auto got = parse_infer_request(encode(sent));
    ASSERT_TRUE(got) << got.error;
    EXPECT_EQ(got->kind, kind);
    EXPECT_EQ(got->width, width);
  }
}

TEST(inference_messages, infer_reply_survives_the_way) {
  const infer_reply sent{.task_id = 7,
                         .logits = {1.5F, -2.0F, 0.0F},
                         .queue_seconds = 0.001,
                         .decode_seconds = 0.002,
                         .compute_seconds = 0.003,
                         .batch_size = 16,
                         .code = reply_code::ok,
                         .text = {}};
  const auto got = parse_infer_reply(encode(sent));
  ASSERT_TRUE(got) << got.error;
  EXPECT_EQ(got->task_id, sent.task_id);
  EXPECT_EQ(got->logits, sent.logits);
  EXPECT_EQ(got->queue_seconds, sent.queue_seconds);
  EXPECT_EQ(got->decode_seconds, sent.decode_seconds);
  EXPECT_EQ(got->compute_seconds, sent.compute_seconds);
  EXPECT_EQ(got->batch_size, sent.batch_size);
  EXPECT_EQ(got->code, sent.code);
}

TEST(inference_messages, every_refusal_survives_the_way) {
  for (const auto code : {reply_code::busy, reply_code::expired, reply_code::bad_request, reply_code::bundle_mismatch,
                          reply_code::failed}) {
    infer_reply sent;
    sent.code = code;
    sent.text = std::string("why");
    const auto got = parse_infer_reply(encode(sent));
    ASSERT_TRUE(got) << got.error;
    EXPECT_EQ(got->code, code);
    EXPECT_EQ(got->text, "why");
    EXPECT_STRNE(to_string(code), "unknown");
  }
}

TEST(inference_messages, hello_survives_the_way) {
  const auto request = parse_hello_request(encode(hello_request{.protocol = 3, .bundle_id = 9}));
  ASSERT_TRUE(request) << request.error;
  EXPECT_EQ(request->protocol, 3U);
  EXPECT_EQ(request->bundle_id, 9U);

  const hello_reply sent{.protocol = 1,
                         .bundle_id = 9,
                         .bundle_name = "n",
                         .channels = 32,
                         .height = 8,
                         .width = 4,
                         .bits = 2,
                         .classes = 100};
  const auto reply = parse_hello_reply(encode(sent));
  ASSERT_TRUE(reply) << reply.error;
  EXPECT_EQ(compare(sent, *reply), "");
  EXPECT_EQ(reply->bundle_name, "n");
}

}  // namespace
}  // namespace dvfo::messages
