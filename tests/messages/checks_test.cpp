#include "messages/checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace dvfo::messages {
namespace {

using ::testing::HasSubstr;

infer_request good_request() {
  return {.task_id = 1, .bundle_id = 2, .share = 0.5, .budget_seconds = 0.1, .frame = "frame"};
}

infer_reply good_reply() {
  infer_reply reply;
  reply.logits = {1.0F, 2.0F};
  return reply;
}

std::string fault_of(const infer_request& request) { return parse_infer_request(encode(request)).error; }
std::string fault_of(const infer_reply& reply) { return parse_infer_reply(encode(reply)).error; }

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

TEST(checks, a_good_request_has_no_fault) { EXPECT_EQ(fault_of(good_request()), ""); }

TEST(checks, share_must_lie_between_0_and_1) {
  for (const double share : {-0.01, 1.01, not_a_number, std::numeric_limits<double>::infinity()}) {
    auto request = good_request();
    request.share = share;
    EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.share"));
  }
}

TEST(checks, budget_must_be_finite_and_not_negative) {
  for (const double budget : {-1.0, not_a_number, std::numeric_limits<double>::infinity()}) {
    auto request = good_request();
    request.budget_seconds = budget;
    EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.budget_seconds"));
  }
}

TEST(checks, a_request_needs_a_frame) {
  auto request = good_request();
  request.frame.clear();
  EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.frame is empty"));
}

TEST(checks, pixels_come_in_whole_rows_and_nothing_else_has_a_width) {
  auto request = good_request();
  request.kind = frame_kind::pixels;
  EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.width is 0"));
  request.width = 2;
  EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.frame is 5 bytes"));
  request.frame = "123456";
  EXPECT_EQ(fault_of(request), "");
  request.width = max_image_width + 1;
  EXPECT_THAT(fault_of(request), HasSubstr("expected 1 to 8192 pixels"));
  request.kind = frame_kind::jpeg;
  EXPECT_THAT(fault_of(request), HasSubstr("expected 0, because the frame holds no pixels"));
  request.width = 0;
  EXPECT_EQ(fault_of(request), "");
  request.kind = static_cast<frame_kind>(30);
  EXPECT_THAT(fault_of(request), HasSubstr("InferRequest.carrier is 30"));
}

TEST(checks, size_is_judged_before_parsing) {
  EXPECT_THAT(parse_infer_request(std::string(max_request_bytes + 1, '\x0a')).error, HasSubstr("expected at most"));
  EXPECT_THAT(parse_infer_reply(std::string(max_reply_bytes + 1, '\x0a')).error, HasSubstr("expected at most"));
  EXPECT_THAT(parse_hello_request(std::string(max_hello_bytes + 1, '\x0a')).error, HasSubstr("expected at most"));
  EXPECT_THAT(parse_hello_reply(std::string(max_hello_bytes + 1, '\x0a')).error, HasSubstr("expected at most"));
}

TEST(checks, bytes_that_are_no_protobuf_are_refused) {
  const std::string noise = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
  EXPECT_THAT(parse_infer_request(noise).error, HasSubstr("no Protobuf message InferRequest"));
  EXPECT_THAT(parse_infer_reply(noise).error, HasSubstr("no Protobuf message InferReply"));
  EXPECT_THAT(parse_hello_request(noise).error, HasSubstr("no Protobuf message HelloRequest"));
  EXPECT_THAT(parse_hello_reply(noise).error, HasSubstr("no Protobuf message HelloReply"));
}

TEST(checks, a_request_cut_before_the_end_of_its_frame_is_refused) {
  auto request = good_request();
  request.budget_seconds = 0.0;  // not written by Protobuf: the frame is then the last field
  const auto whole = encode(request);
  ASSERT_TRUE(parse_infer_request(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_infer_request(whole.substr(0, length))) << length;
  }
}

TEST(checks, logits_must_be_finite) {
  auto reply = good_reply();
  reply.logits[1] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(fault_of(reply), HasSubstr("InferReply.logits"));
}

TEST(checks, logits_come_with_ok_and_only_with_ok) {
  auto none = good_reply();
  none.logits.clear();
  EXPECT_THAT(fault_of(none), HasSubstr("InferReply.logits"));
  auto refused = good_reply();
  refused.code = reply_code::busy;
  EXPECT_THAT(fault_of(refused), HasSubstr("InferReply.logits"));
}

TEST(checks, too_many_logits_are_refused) {
  auto reply = good_reply();
  reply.logits.assign(max_classes + 1, 0.0F);
  EXPECT_THAT(fault_of(reply), HasSubstr("at most 65536"));
}

TEST(checks, an_unknown_reply_code_is_refused) {
  auto reply = good_reply();
  reply.logits.clear();
  reply.code = reply_code{11};
  EXPECT_THAT(fault_of(reply), HasSubstr("InferReply.code"));
}

TEST(checks, times_of_a_peer_must_be_finite_and_not_negative) {
  for (double infer_reply::*field :
       {&infer_reply::queue_seconds, &infer_reply::decode_seconds, &infer_reply::compute_seconds}) {
    auto reply = good_reply();
    reply.*field = -1.0;
    EXPECT_NE(fault_of(reply), "");
    reply.*field = not_a_number;
    EXPECT_NE(fault_of(reply), "");
  }
}

hello_reply hello() {
  return {.protocol = 1,
          .bundle_id = 5,
          .bundle_name = "a",
          .channels = 32,
          .height = 8,
          .width = 8,
          .bits = 4,
          .classes = 100};
}

TEST(compare, names_the_first_difference) {
  EXPECT_EQ(compare(hello(), hello()), "");
  auto other = hello();
  other.protocol = 2;
  EXPECT_THAT(compare(hello(), other), HasSubstr("protocol version 2, expected 1"));
  other = hello();
  other.bundle_id = 6;
  other.bundle_name = std::string("b");
  EXPECT_THAT(compare(hello(), other), HasSubstr("model bundle \"b\" (id 0000000000000006), this node holds \"a\""));
  other = hello();
  other.bits = 8;
  EXPECT_THAT(compare(hello(), other), HasSubstr("32x8x8 at 8 bits, 100 classes"));
}

TEST(compare, the_name_alone_does_not_matter) {
  auto renamed = hello();
  renamed.bundle_name = std::string("elsewhere");
  EXPECT_EQ(compare(hello(), renamed), "");
}

}  // namespace
}  // namespace dvfo::messages
