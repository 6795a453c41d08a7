#include "inference/codec/range_coder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <vector>

#include "inference/codec/level_statistics.hpp"

namespace {

using dvfo::inference::adaptive_statistics;
using dvfo::inference::range_decoder;
using dvfo::inference::range_encoder;

using bounds = std::array<std::int16_t, 4>;
using message = std::vector<std::byte>;

message encode(const std::vector<std::size_t>& symbols, const bounds& from) {
  message out(4 * symbols.size() + 8);
  range_encoder encoder(out.data());
  for (const std::size_t symbol : symbols) {
    const bool is_last = symbol + 1 == from.size();
    encoder.put(static_cast<std::uint32_t>(from[symbol]), is_last ? 0U : static_cast<std::uint32_t>(from[symbol + 1]),
                is_last);
  }
  out.resize(encoder.finish());
  return out;
}

void expect_round_trip(const std::vector<std::size_t>& symbols, const bounds& from, const message& coded) {
  range_decoder decoder(coded);
  for (const std::size_t symbol : symbols) ASSERT_EQ(decoder.get(from), symbol);
  ASSERT_TRUE(decoder.is_canonical());
  ASSERT_EQ(decoder.expected_bytes(), coded.size());
}

// Every message of eight symbols, two of them so rare that the window moves on after three: the interval's ends meet
// carries, words of all ones and tails of every length.
TEST(range_coder, every_short_message_comes_back_and_is_unlike_all_others) {
  const bounds from{0, 16, 32736, 32752};
  std::set<message> seen;
  constexpr std::size_t length = 8;
  constexpr std::size_t all = std::size_t{1} << (2 * length);
  for (std::size_t number = 0; number < all; ++number) {
    std::vector<std::size_t> symbols(length);
    for (std::size_t i = 0; i < length; ++i) symbols[i] = (number >> (2 * i)) & 3U;
    const message coded = encode(symbols, from);
    expect_round_trip(symbols, from, coded);
    seen.insert(coded);
  }
  EXPECT_EQ(seen.size(), all);
}

// The last symbol again and again moves the interval's begin towards 1, where sums of words overflow.
TEST(range_coder, carries_run_through_many_bytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto last = static_cast<std::int16_t>(1 + random() % 40);
    const bounds from{0, last, static_cast<std::int16_t>(last + 1), static_cast<std::int16_t>(last + 2)};
    std::vector<std::size_t> symbols(1 + random() % 4000);
    for (std::size_t& symbol : symbols) symbol = random() % 500 == 0 ? random() % 4 : 3;
    expect_round_trip(symbols, from, encode(symbols, from));
  }
}

TEST(range_coder, likely_symbols_cost_next_to_nothing_and_unlikely_ones_their_share) {
  const bounds from{0, 32720, 32736, 32752};
  EXPECT_LE(encode(std::vector<std::size_t>(1000, 0), from).size(), 1000 * 0.0022 / 8 + 2);
  const std::size_t rare = encode(std::vector<std::size_t>(1000, 2), from).size();
  EXPECT_GE(rare, 1000U * 11 / 8);
  EXPECT_LE(rare, 1000U * 11 / 8 + 2);
}

TEST(adaptive_statistics, keep_every_symbol_possible_whatever_comes) {
  std::mt19937 random(2);
  auto statistics = adaptive_statistics<16>::falling(3);
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t favourite = static_cast<std::size_t>(i / 1000) % 16;
    statistics.learn(random() % 50 == 0 ? random() % 16 : favourite);
    const auto& from = statistics.from();
    ASSERT_EQ(from[0], 0);
    for (std::size_t k = 1; k < 16; ++k) ASSERT_GE(from[k], from[k - 1] + 16);
    ASSERT_LE(from[15], 32768 - 16);
  }
}

TEST(adaptive_statistics, learn_fast_first_and_then_slowly) {
  auto statistics = adaptive_statistics<4>::falling(4);
  const auto probability_of_last = [&] { return (32768 - statistics.from()[3]) / 32768.0; };
  EXPECT_NEAR(probability_of_last(), 0.25, 0.001);
  statistics.learn(3);
  EXPECT_NEAR(probability_of_last(), 0.25 + 0.75 / 4, 0.001);
  for (int i = 0; i < 1000; ++i) statistics.learn(3);
  EXPECT_GT(probability_of_last(), 0.99);
  statistics.learn(0);
  EXPECT_GT(probability_of_last(), 0.97);
}

}  // namespace
