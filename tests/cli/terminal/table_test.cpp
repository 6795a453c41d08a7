#include "cli/terminal/table.hpp"

#include <gtest/gtest.h>

namespace dvfo::cli {
namespace {

TEST(plain_table, aligns_columns_by_characters_not_bytes) {
  EXPECT_EQ(plain_table({{"", "ξ=½"}, {"bytes", "12"}}),
            "       ξ=½\n"
            "----------\n"
            "bytes   12\n");
}

TEST(markdown_table, has_a_rule_under_its_head) {
  EXPECT_EQ(markdown_table({{"what", "bar"}, {"idle", "0.5 %"}}),
            "| what |   bar |\n"
            "|---|---:|\n"
            "| idle | 0.5 % |\n");
}

TEST(table, fills_short_rows) { EXPECT_EQ(plain_table({{"a", "b"}, {"c"}}), "a  b\n----\nc   \n"); }

}  // namespace
}  // namespace dvfo::cli
