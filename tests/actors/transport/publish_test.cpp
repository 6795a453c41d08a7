#include "actors/transport/publish.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <caf/send.hpp>

#include "actors/remote_inference.hpp"
#include "actors/system_config.hpp"

namespace dvfo::actors {
namespace {

class publish_test : public ::testing::Test {
 protected:
  ~publish_test() override { caf::anon_send_exit(router_, caf::exit_reason::kill); }

  system_config config_{system_options{}};
  caf::actor_system system_{config_};
  remote_router_actor router_ = spawn_remote_inference(system_, {}, {});
};

TEST_F(publish_test, refuses_any_address_but_loopback) {
  try {
    publish_remote(system_, router_, "0.0.0.0", 0);
    FAIL() << "a public address was taken";
  } catch (const publish_error& failure) {
    EXPECT_THAT(failure.what(), ::testing::HasSubstr("cannot listen: 0.0.0.0 is refused"));
  }
}

TEST_F(publish_test, opens_a_free_port_of_the_systems_choice) {
  const auto port = publish_remote(system_, router_, "127.0.0.1", 0);
  EXPECT_GT(port, 0);
  unpublish_remote(system_, router_, port);
}

}  // namespace
}  // namespace dvfo::actors
