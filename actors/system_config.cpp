#include "actors/system_config.hpp"

#include <memory>
#include <string>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/thread_hook.hpp>

#include "actors/error.hpp"
#include "actors/message_types.hpp"
#include "actors/scheduling.hpp"

namespace dvfo::actors {

namespace {

class start_hook final : public caf::thread_hook {
 public:
  explicit start_hook(std::function<void()> on_start) : on_start_(std::move(on_start)) {}
  void init(caf::actor_system&) override {}
  void thread_started() override { on_start_(); }
  void thread_terminates() override {}

 private:
  std::function<void()> on_start_;
};

std::string render(std::uint8_t code, caf::atom_value, const caf::message& context) {
  std::string out = std::string("dvfo.") + to_string(static_cast<ec>(code));
  if (context.match_elements<std::string>()) out += ": " + context.get_as<std::string>(0);
  return out;
}

void add_our_types(caf::actor_system_config& config) {
  config.add_message_type<wire_message>("dvfo.wire");
  config.add_error_category(caf::atom("dvfo"), render);
}

}  // namespace

system_config::system_config(const system_options& options) {
  add_our_types(*this);
  load<caf::scheduler::coordinator<quiet_sharing>>();
  set("scheduler.max-threads", options.scheduler_threads);
  set("middleman.workers", std::size_t{1});
  set("middleman.heartbeat-interval", caf::timespan(options.heartbeat_interval));
  set("middleman.connection-timeout", caf::timespan(options.connection_timeout));
  if (options.network) load<caf::io::middleman>();
  if (options.on_thread_start) add_thread_hook<start_hook>(options.on_thread_start);
}

test_system_config::test_system_config() {
  add_our_types(*this);
  set("scheduler.policy", caf::atom("testing"));
}

}  // namespace dvfo::actors
