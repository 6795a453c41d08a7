#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "cli/doctor/cloud_check.hpp"
#include "configuration/address.hpp"
#include "configuration/settings.hpp"
#include "edge_node/edge_node.hpp"

namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;

constexpr const char* no_bundle = "/nowhere/bundle";

/// What an edge node says against connecting there; empty if it would. It judges the address before it looks for the
/// bundle, which is not there: so it never starts.
std::string edge_refuses(const std::string& cloud) {
  settings how;
  how.cloud = cloud;
  how.bundle = no_bundle;
  try {
    const edge_node node(how);
  } catch (const std::runtime_error& problem) {
    const std::string text = problem.what();
    return text.find(no_bundle) == std::string::npos ? text : std::string();
  }
  return "it started without a bundle";
}

/// What `dvfo doctor --cloud` says against connecting there; empty if it went to see whether something listens.
std::string doctor_refuses(const std::string& cloud) {
  try {
    const auto row = cli::look_at_cloud(cloud, std::chrono::milliseconds(100));
    EXPECT_EQ(row.state == cli::health::ok, row.reason.empty()) << cloud;
    return row.reason.starts_with("--cloud") ? row.reason : std::string();
  } catch (const configuration::usage_error& problem) {
    return problem.what();
  }
}

class cloud_addresses : public testing::TestWithParam<const char*> {};

// `dvfo doctor --cloud` called an address ok to which dvfo-edge then refused to connect; the example in its own help
// was such a one.
TEST_P(cloud_addresses, are_judged_alike_by_edge_node_and_doctor) {
  EXPECT_EQ(edge_refuses(GetParam()), doctor_refuses(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(all, cloud_addresses,
                         testing::Values("127.0.0.1:7070", "127.1.2.3:1", "localhost:65535", "[::1]:7070",
                                         "10.0.0.5:7070", "192.0.2.1:7070", "0.0.0.0:7070", "[::]:7070",
                                         "[fe80::1]:7070", "cloud.example:7070", "localhost.example:7070",
                                         "127.0.0.1:0", "127.0.0.1", "127.1:7070", "::1:7070", "[::1:7070", "[]:7070",
                                         ":7070", "host:70707", "host:-1", "host:7070x", "127.0.0.1 :7070",
                                         "http://127.0.0.1:7070"));

TEST(cloud_address, is_taken_or_refused_for_its_own_reason) {
  for (const char* fine : {"127.0.0.1:7070", "127.1.2.3:1", "localhost:65535", "[::1]:7070"})
    EXPECT_EQ(edge_refuses(fine), "") << fine;
  for (const char* open : {"10.0.0.5:7070", "0.0.0.0:7070", "[::]:7070", "cloud.example:7070"})
    EXPECT_THAT(edge_refuses(open), HasSubstr("TLS")) << open;
  for (const char* none : {"127.0.0.1:0", "127.0.0.1", "::1:7070", "host:70707"})
    EXPECT_THAT(edge_refuses(none), HasSubstr("expected HOST:PORT with a port from 1 to 65535")) << none;
}

}  // namespace
}  // namespace dvfo::edge_node
