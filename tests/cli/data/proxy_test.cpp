#include "cli/data/proxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "configuration/settings.hpp"

namespace dvfo::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using variables = std::map<std::string, std::string>;

std::string chosen(const std::string& url, const variables& set) {
  const auto found = proxy_of(url, [&](const std::string& name) {
    const auto at = set.find(name);
    return at == set.end() ? std::nullopt : std::optional(at->second);
  });
  return found ? found->to_string() : "none";
}

TEST(proxy, is_chosen_by_the_scheme_of_the_address) {
  const variables set = {{"http_proxy", "http://plain:3128"}, {"https_proxy", "http://secure:3129/"}};
  EXPECT_EQ(chosen("http://set.example/x", set), "plain:3128, named by http_proxy");
  EXPECT_EQ(chosen("https://set.example/x", set), "secure:3129, named by https_proxy");
  EXPECT_EQ(chosen("https://set.example/x", {{"http_proxy", "http://plain:3128"}}), "none");
  EXPECT_EQ(chosen("https://set.example/x", {}), "none");
}

TEST(proxy, is_read_in_small_letters_before_capitals) {
  EXPECT_EQ(chosen("https://set.example", {{"HTTPS_PROXY", "upper:1"}}), "upper:1, named by HTTPS_PROXY");
  EXPECT_EQ(chosen("https://set.example", {{"HTTPS_PROXY", "upper:1"}, {"https_proxy", "lower:2"}}),
            "lower:2, named by https_proxy");
}

TEST(proxy, may_be_written_in_every_usual_way) {
  const auto of = [](const std::string& value) { return chosen("http://set.example", {{"http_proxy", value}}); };
  EXPECT_EQ(of("proxy"), "proxy:80, named by http_proxy");
  EXPECT_EQ(of("HTTP://proxy:8080"), "proxy:8080, named by http_proxy");
  EXPECT_EQ(of("http://[::1]:3128/"), "[::1]:3128, named by http_proxy");
  const auto found = proxy_of("http://set.example", [](const std::string& name) {
    return name == "http_proxy" ? std::optional<std::string>("http://me:p%40ss:word@proxy:1") : std::nullopt;
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "me");
  EXPECT_EQ(found->password, "p@ss:word");
  EXPECT_EQ(found->to_string(), "proxy:1, named by http_proxy") << "no secret is printed";
}

TEST(proxy, is_not_asked_for_hosts_of_no_proxy) {
  const auto of = [](const std::string& url, const std::string& list) {
    return chosen(url, {{"http_proxy", "p:1"}, {"https_proxy", "p:1"}, {"no_proxy", list}}) == "none";
  };
  for (const char* list : {"*", "set.example", ".set.example", "example", "*.example", "SET.EXAMPLE",
                           "a.b, set.example", "a.b set.example", "set.example:443"}) {
    EXPECT_TRUE(of("https://set.example/x", list)) << list;
  }
  for (const char* list : {"", ",", "t.example", "other.set.example", "set.example:80", "set.example.org", "."}) {
    EXPECT_FALSE(of("https://set.example/x", list)) << list;
  }
  EXPECT_TRUE(of("http://127.0.0.1:8080/x", "localhost,127.0.0.1"));
  EXPECT_TRUE(of("http://[::1]:8080/x", "::1"));
  EXPECT_TRUE(of("http://www.set.example/x", "set.example"));
  EXPECT_EQ(chosen("http://set.example", {{"http_proxy", "p:1"}, {"NO_PROXY", "set.example"}}), "none");
}

TEST(proxy, that_is_none_is_refused_with_its_variable_and_without_its_secrets) {
  for (const char* value : {"socks5://me:secret@proxy:1080", "http://me:secret@proxy:port", "http://me:secret@:3128",
                            "http://me:secret@proxy:70000", "https://me:secret@proxy:1"}) {
    try {
      chosen("http://set.example", {{"HTTP_PROXY", value}});
      ADD_FAILURE() << value;
    } catch (const configuration::usage_error& problem) {
      EXPECT_THAT(problem.what(),
                  AllOf(HasSubstr("HTTP_PROXY"), HasSubstr("expected http://HOST:PORT"), Not(HasSubstr("secret"))));
    }
  }
}

}  // namespace
}  // namespace dvfo::cli
