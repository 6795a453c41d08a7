#include "actors/cloud_actors.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include <caf/actor_registry.hpp>
#include <caf/scoped_actor.hpp>

#include "actors/handshake.hpp"
#include "actors/system_config.hpp"
#include "messages/checks.hpp"
#include "tests/actors/fakes.hpp"

namespace dvfo::actors {
namespace {

inference::bundle_manifest fake_manifest() {
  inference::bundle_manifest manifest;
  manifest.id = 42;
  manifest.name = "fake";
  manifest.format = fake_format();
  manifest.labels = {"a", "b"};
  return manifest;
}

/// Workers have threads of their own, so the system is a real one.
class cloud_actors_test : public ::testing::Test {
 protected:
  ~cloud_actors_test() override { cloud_.stop(); }

  std::function<std::shared_ptr<cloud_backend>()> counted() {
    return [this] {
      ++models_;
      return std::make_shared<fake_cloud>();
    };
  }

  /// The router's answer to a hello, or the error's text.
  std::string hello(const cloud_actors& to) {
    const messages::hello_request greeting{.protocol = messages::protocol_version, .bundle_id = 42};
    std::string out;
    caf::scoped_actor self{system_};
    self->request(to.router, std::chrono::seconds(60), hello_atom{}, wire_message{messages::encode(greeting)})
        .receive([&](const wire_message& reply) { out = reply.bytes; },
                 [&](const caf::error& failure) { out = text_of(failure); });
    return out;
  }

  system_config config_{system_options{.network = false, .on_thread_start = {}}};
  caf::actor_system system_{config_};
  cloud_actors cloud_;
  int models_ = 0;
};

TEST_F(cloud_actors_test, have_a_model_for_each_worker) {
  cloud_ = spawn_cloud_actors(system_, fake_manifest(), {.workers = 3}, counted());
  EXPECT_EQ(models_, 3);
  EXPECT_EQ(cloud_.workers.size(), 3U);
}

TEST_F(cloud_actors_test, serve_the_bundle_of_the_manifest) {
  cloud_ = spawn_cloud_actors(system_, fake_manifest(), {}, counted());
  const auto reply = messages::parse_hello_reply(hello(cloud_));
  ASSERT_TRUE(reply) << reply.error;
  EXPECT_EQ(messages::compare(describe(fake_manifest()), *reply), "");
}

TEST_F(cloud_actors_test, are_not_started_where_a_model_cannot_be_made) {
  const auto make = [this]() -> std::shared_ptr<cloud_backend> {
    if (++models_ == 2) throw std::runtime_error("no memory");
    return std::make_shared<fake_cloud>();
  };
  EXPECT_THROW(spawn_cloud_actors(system_, fake_manifest(), {.workers = 2}, make), std::runtime_error);
  EXPECT_EQ(system_.registry().running(), 0U);
}

TEST_F(cloud_actors_test, end_when_they_are_told_to) {
  cloud_ = spawn_cloud_actors(system_, fake_manifest(), {.workers = 2}, counted());
  cloud_.stop();
  EXPECT_NE(hello(cloud_).find("request_receiver_down"), std::string::npos);
  cloud_actors().stop();
}

}  // namespace
}  // namespace dvfo::actors
