#include "link/faults/api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "link/faults/address.hpp"
#include "link/faults/engine.hpp"
#include "tests/link/faults/sockets.hpp"

namespace dvfo::link::faults {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct reply {
  int status = 0;
  json body;
};

class faults_api : public testing::Test {
 protected:
  reply taken(const httplib::Result& result) {
    if (!result) {
      ADD_FAILURE() << httplib::to_string(result.error());
      return {};
    }
    return {result->status, result->body.empty() ? json() : json::parse(result->body)};
  }
  reply get(const std::string& path) { return taken(client_.Get(path)); }
  reply post(const std::string& path, const json& body) {
    return taken(client_.Post(path, body.dump(), "application/json"));
  }
  reply patch(const std::string& path, const json& body) {
    return taken(client_.Patch(path, body.dump(), "application/json"));
  }
  reply remove(const std::string& path) { return taken(client_.Delete(path)); }

  std::string new_proxy() {
    const auto made = post("/proxies", {{"name", "p"}, {"listen", "127.0.0.1:0"}, {"upstream", server_.address()}});
    EXPECT_EQ(made.status, 201) << made.body;
    return made.body.value("listen", "");
  }

  test_server server_;
  engine proxies_{{}};
  api api_{proxies_, "127.0.0.1:0", "1.2.3"};
  httplib::Client client_{"http://" + api_.address()};
};

TEST_F(faults_api, tells_its_version) { EXPECT_EQ(get("/version").body, json({{"version", "1.2.3"}})); }

TEST_F(faults_api, adds_shows_changes_and_removes_a_proxy) {
  const auto listen = new_proxy();
  const json expected{
      {"name", "p"}, {"listen", listen}, {"upstream", server_.address()}, {"enabled", true}, {"toxics", json::array()}};
  EXPECT_EQ(get("/proxies/p").body, expected);
  EXPECT_EQ(get("/proxies").body, json({{"p", expected}}));
  const auto down = post("/proxies/p", {{"enabled", false}});
  EXPECT_EQ(down.status, 200);
  EXPECT_EQ(down.body.at("enabled"), false);
  EXPECT_EQ(down.body.at("listen"), listen);
  int problem = 0;
  connect_to(listen, &problem);
  EXPECT_EQ(problem, ECONNREFUSED);
  EXPECT_EQ(patch("/proxies/p", {{"enabled", true}}).body.at("enabled"), true);
  connect_to(listen);
  EXPECT_EQ(remove("/proxies/p").status, 204);
  EXPECT_EQ(get("/proxies/p").status, 404);
}

TEST_F(faults_api, adds_shows_changes_and_removes_a_toxic) {
  const auto listen = new_proxy();
  const auto added = post("/proxies/p/toxics", {{"type", "latency"}, {"attributes", {{"latency", 40}}}});
  EXPECT_EQ(added.status, 200) << added.body;
  const json expected{{"name", "latency_downstream"},
                      {"type", "latency"},
                      {"stream", "downstream"},
                      {"toxicity", 1.0},
                      {"attributes", {{"latency", 40}, {"jitter", 0}}}};
  EXPECT_EQ(added.body, expected);
  EXPECT_EQ(get("/proxies/p/toxics").body, json::array({expected}));
  EXPECT_EQ(get("/proxies/p").body.at("toxics"), json::array({expected}));
  const auto client = connect_to(listen);
  const auto server = server_.accept();
  const auto begin = std::chrono::steady_clock::now();
  server.send("x");
  EXPECT_EQ(client.read(1), "x");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(40));
  const auto changed =
      post("/proxies/p/toxics/latency_downstream", {{"toxicity", 0.5}, {"attributes", {{"jitter", 3}}}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body.at("attributes"), json({{"latency", 40}, {"jitter", 3}}));
  EXPECT_EQ(get("/proxies/p/toxics/latency_downstream").body, changed.body);
  EXPECT_EQ(remove("/proxies/p/toxics/latency_downstream").status, 204);
  EXPECT_EQ(get("/proxies/p/toxics/latency_downstream").status, 404);
}

TEST_F(faults_api, populates_and_resets) {
  const auto listen = new_proxy();
  const auto all =
      post("/populate", json::array({{{"name", "p"}, {"listen", listen}, {"upstream", server_.address()}},
                                     {{"name", "q"}, {"upstream", server_.address()}, {"enabled", false}}}));
  EXPECT_EQ(all.status, 201);
  ASSERT_EQ(all.body.at("proxies").size(), 2U) << all.body;
  EXPECT_EQ(all.body["proxies"][0].at("listen"), listen) << "what is there already stays";
  EXPECT_EQ(all.body["proxies"][1].at("enabled"), false);
  post("/proxies/p/toxics", {{"type", "timeout"}, {"stream", "upstream"}, {"attributes", {{"timeout", 0}}}});
  EXPECT_EQ(post("/reset", {}).status, 204);
  EXPECT_EQ(get("/proxies/q").body.at("enabled"), true);
  EXPECT_TRUE(get("/proxies/p/toxics").body.empty());
}

TEST_F(faults_api, refuses_with_toxiproxys_codes_and_says_why) {
  new_proxy();
  const auto refused = [&](const reply& got, int status, const std::string& why) {
    EXPECT_EQ(got.status, status) << got.body;
    EXPECT_THAT(got.body.value("error", ""), HasSubstr(why));
    EXPECT_EQ(got.body.value("status", 0), status);
  };
  refused(post("/proxies", {{"name", "p"}, {"upstream", "127.0.0.1:1"}}), 409, "'p'");
  refused(post("/proxies", {{"name", "q"}}), 400, "upstream");
  refused(post("/proxies", {{"upstream", "127.0.0.1:1"}}), 400, "name");
  refused(post("/proxies", {{"name", "q"}, {"listen", "0.0.0.0:0"}, {"upstream", "127.0.0.1:1"}}), 400, "loopback");
  refused(post("/proxies", {{"name", "q"}, {"upstream", 3}}), 400, "a text");
  refused(post("/proxies/x/toxics", {{"type", "latency"}}), 404, "'x'");
  refused(post("/proxies/p/toxics", {{"type", "latncy"}}), 400, "latncy");
  refused(post("/proxies/p/toxics", {{"type", "down"}}), 400, "whole proxy");
  refused(post("/proxies/p/toxics", {{"type", "latency"}, {"stream", "both"}}), 400, "stream was invalid");
  refused(post("/proxies/p/toxics", {{"type", "latency"}, {"attributes", {{"latency", "1"}}}}), 400, "a number");
  refused(post("/proxies/p/toxics", {{"type", "bandwidth"}, {"attributes", {{"trace", "/etc/hostname"}}}}), 400,
          "a number");
  refused(post("/populate", {{"name", "q"}}), 400, "a list");
  refused(taken(client_.Post("/proxies", "{\"name\":", "application/json")), 400, "no JSON");
  refused(get("/elsewhere"), 404, "/elsewhere");
  EXPECT_EQ(post("/proxies/p/toxics", {{"type", "latency"}}).status, 200);
  refused(post("/proxies/p/toxics", {{"type", "latency"}}), 409, "latency_downstream");
}

/// A page in a browser can send requests to loopback, and a name of the page's own can stand for it.
TEST_F(faults_api, serves_no_browser) {
  new_proxy();
  const auto with = [&](const char* header, const char* value) {
    const auto result = client_.Post("/reset", httplib::Headers{{header, value}}, "", "application/json");
    return result ? result->status : -1;
  };
  EXPECT_EQ(with("User-Agent", "Mozilla/5.0"), 403);
  EXPECT_EQ(with("Host", "evil.example:8474"), 403);
  EXPECT_EQ(with("Host", "localhost:8474"), 204);
  EXPECT_EQ(with("Host", "[::1]:8474"), 204);
}

TEST_F(faults_api, listens_on_loopback_alone_and_where_nobody_does) {
  EXPECT_THROW(api(proxies_, "0.0.0.0:0", "1"), std::invalid_argument);
  EXPECT_THROW(api(proxies_, server_.address(), "1"), address_error);
  EXPECT_THROW(api(proxies_, api_.address(), "1"), address_error) << "the port is not shared, either";
}

}  // namespace
}  // namespace dvfo::link::faults
