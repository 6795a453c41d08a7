#include "messages/text.hpp"

#include <gtest/gtest.h>

#include "messages/checks.hpp"

namespace dvfo::messages {
namespace {

TEST(text, keeps_printable_ascii) { EXPECT_EQ(clean_text("share is 2, expected ~1"), "share is 2, expected ~1"); }

TEST(text, cannot_break_lines_or_steer_a_terminal) {
  EXPECT_EQ(clean_text("a\nb\x1b[31m\x7f\xff\xc3\xa4"), "a?b?[31m????");
}

TEST(text, is_cut) { EXPECT_EQ(clean_text(std::string(2 * max_text_bytes, 'x')).size(), max_text_bytes); }

TEST(text, goes_over_the_wire_whatever_it_was) {
  infer_reply reply;
  reply.code = reply_code::failed;
  reply.text = "cannot read \xe4\xf6\xfc\n" + std::string(2 * max_text_bytes, 'x');
  const auto got = parse_infer_reply(encode(reply));
  ASSERT_TRUE(got) << got.error;
  EXPECT_EQ(got->text, clean_text(reply.text));
}

}  // namespace
}  // namespace dvfo::messages
