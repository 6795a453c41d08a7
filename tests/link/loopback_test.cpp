#include "link/loopback.hpp"

#include <gtest/gtest.h>

namespace dvfo::link {
namespace {

TEST(loopback, is_known_by_its_addresses_and_its_name) {
  for (const char* host : {"127.0.0.1", "127.9.8.7", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
    EXPECT_EQ(refusal_of_plain(host), "") << host;
  }
}

TEST(loopback, everything_else_is_refused_by_name) {
  for (const char* host :
       {"0.0.0.0", "::", "192.168.0.1", "127.evil.example", "localhost.example", "128.0.0.1", "", "127.0.0.1 "}) {
    EXPECT_FALSE(is_loopback(host)) << host;
    EXPECT_EQ(refusal_of_plain(host).rfind(std::string(host) + " is refused", 0), 0U) << host;
  }
}

}  // namespace
}  // namespace dvfo::link
