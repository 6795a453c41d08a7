#include "configuration/address.hpp"

#include <gtest/gtest.h>

#include "configuration/settings.hpp"

namespace dvfo::configuration {
namespace {

TEST(parse_address, reads_names_and_numbers) {
  EXPECT_EQ(parse_address("localhost:7070", "listen").host, "localhost");
  EXPECT_EQ(parse_address("127.0.0.1:0", "listen").port, 0);
  EXPECT_EQ(parse_address("[::1]:65535", "listen").host, "::1");
  EXPECT_EQ(to_string(parse_address("[::1]:65535", "listen")), "[::1]:65535");
}

TEST(parse_address, refuses_what_is_no_address) {
  for (const char* text :
       {"", ":1", "host", "host:", "host:65536", "host:-1", "host:12x", "::1:80", "[]:80", "[::1:80"}) {
    EXPECT_THROW(parse_address(text, "listen"), usage_error) << text;
  }
}

TEST(listen_address, may_be_any_free_port_of_loopback) {
  EXPECT_EQ(listen_address("127.0.0.1:0", "listen").port, 0);
  EXPECT_THROW(listen_address("0.0.0.0:7070", "listen"), network_error);
  EXPECT_THROW(listen_address("127.0.0.1", "listen"), usage_error);
}

TEST(cloud_address, is_a_port_of_loopback) {
  EXPECT_EQ(cloud_address("[::1]:7070", "cloud").host, "::1");
  EXPECT_THROW(cloud_address("127.0.0.1:0", "cloud"), usage_error) << "nobody can connect to port 0";
  EXPECT_THROW(cloud_address("10.0.0.5:7070", "cloud"), network_error);
}

}  // namespace
}  // namespace dvfo::configuration
