#include "link/faults/engine.hpp"

#include <fmt/format.h>

#include <exception>
#include <future>
#include <map>
#include <thread>
#include <type_traits>
#include <utility>

#include "link/faults/proxy.hpp"

namespace dvfo::link::faults {
namespace {

using proxy_map = std::map<std::string, std::unique_ptr<proxy>>;

/// Looks up both addresses; on the caller's thread, because it may take long.
placed_proxy placed(proxy_settings what) {
  if (what.name.empty()) throw std::invalid_argument("a proxy has no name; expected one");
  const auto listen = split_listen_address(what.listen);
  const auto upstream = split_address(what.upstream);
  return {std::move(what), look_up(listen), look_up(upstream)};
}

proxy_state state_of(const proxy& which) { return {which.settings(), which.toxics()}; }

proxy& named(proxy_map& all, const std::string& name) {
  const auto found = all.find(name);
  if (found == all.end()) throw unknown_name(fmt::format("there is no proxy '{}'", name));
  return *found->second;
}

/// Puts the events of a scenario to work when their time has come.
class player : private loop::sleeper {
 public:
  player(common& shared, proxy_map& proxies) : common_(shared), proxies_(proxies), steps_({}) {}

  void play(std::vector<event> events) {
    steps_ = timeline(std::move(events));
    wake();
  }

 private:
  void wake() override {
    while (const auto step = steps_.take(common_.turns.now())) apply(*step);
    common_.turns.wake_at(*this, steps_.next());
  }

  /// A proxy that has been removed meanwhile is left alone; one whose port has been taken while it was down stays down.
  void apply(const timeline::step& step) {
    const auto& what = steps_.events()[step.event];
    const auto found = proxies_.find(what.proxy);
    if (found == proxies_.end()) return;
    auto& which = *found->second;
    try {
      if (!what.toxic.make) return which.set_down(step.event, step.begins);
      for (const auto way : what.ways) {
        auto toxic = what.toxic;
        toxic.settings.way = way;
        toxic.settings.name = fmt::format("{}_{}", toxic.settings.name, to_string(way));
        if (step.begins) {
          which.add(std::move(toxic), step.at, step.occurrence);
        } else {
          which.remove(toxic.settings.name);
        }
      }
    } catch (const std::exception& problem) {
      common_.tell(failure_report{what.proxy, problem.what()});
    }
  }

  common& common_;
  proxy_map& proxies_;
  timeline steps_;
};

}  // namespace

struct engine::impl {
  explicit impl(options how) {
    shared.seed = how.seed;
    shared.report = std::move(how.report);
    thread = std::thread([this] { shared.turns.run(); });
  }

  /// Runs `work` on the engine's thread and waits for what comes of it.
  template <class Work>
  auto call(Work work) -> std::invoke_result_t<Work> {
    std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
    auto outcome = task.get_future();
    if (!shared.turns.post([&task] { task(); })) throw std::runtime_error("the proxies have been stopped");
    return outcome.get();
  }

  proxy_state add(placed_proxy what) {
    auto name = what.settings.name;
    if (proxies.contains(name)) throw taken_name(fmt::format("there is a proxy '{}' already", name));
    auto added = std::make_unique<proxy>(shared, std::move(what));
    return state_of(*proxies.emplace(std::move(name), std::move(added)).first->second);
  }

  proxy_state change(placed_proxy what) {
    auto& which = named(proxies, what.settings.name);
    which.change(std::move(what));
    return state_of(which);
  }

  common shared;
  proxy_map proxies;
  player events{shared, proxies};
  std::thread thread;
};

engine::engine(options how) : impl_(std::make_unique<impl>(std::move(how))) {}

engine::~engine() { stop(); }

instant engine::now() const { return impl_->shared.turns.now(); }

proxy_state engine::add(const proxy_settings& what) {
  auto wanted = placed(what);
  return impl_->call([&] { return impl_->add(std::move(wanted)); });
}

proxy_state engine::change(const proxy_settings& what) {
  auto wanted = placed(what);
  return impl_->call([&] { return impl_->change(std::move(wanted)); });
}

std::vector<proxy_state> engine::populate(const std::vector<proxy_settings>& all) {
  std::vector<placed_proxy> wanted;
  for (const auto& each : all) {
    for (const auto& other : wanted) {
      if (other.settings.name == each.name) throw taken_name(fmt::format("two proxies are named '{}'", each.name));
    }
    wanted.push_back(placed(each));
  }
  return impl_->call([&] {
    std::vector<proxy_state> out;
    for (auto& each : wanted) {
      const bool is_there = impl_->proxies.contains(each.settings.name);
      out.push_back(is_there ? impl_->change(std::move(each)) : impl_->add(std::move(each)));
    }
    return out;
  });
}

void engine::remove(const std::string& name) {
  impl_->call([&] {
    auto& which = named(impl_->proxies, name);
    impl_->shared.tell(proxy_report{"removed", name, which.settings().listen, which.settings().upstream, false});
    impl_->proxies.erase(name);
  });
}

proxy_state engine::state(const std::string& name) {
  return impl_->call([&] { return state_of(named(impl_->proxies, name)); });
}

std::vector<proxy_state> engine::states() {
  return impl_->call([&] {
    std::vector<proxy_state> out;
    for (const auto& [name, each] : impl_->proxies) out.push_back(state_of(*each));
    return out;
  });
}

void engine::add_toxic(const std::string& name, prepared_toxic what) {
  if (!what.make) {
    throw settings_error("type", fmt::format("{} is of the whole proxy; expected the type of a toxic, or the proxy "
                                             "disabled (enabled = false)",
                                             what.settings.type));
  }
  impl_->call([&] {
    auto& which = named(impl_->proxies, name);
    if (which.find_toxic(what.settings.name))
      throw taken_name(fmt::format("proxy '{}' has a toxic '{}' already", name, what.settings.name));
    which.add(std::move(what), impl_->shared.turns.now(), 0);
  });
}

void engine::change_toxic(const std::string& name, prepared_toxic what) {
  impl_->call([&] {
    auto& which = named(impl_->proxies, name);
    if (!which.find_toxic(what.settings.name))
      throw unknown_name(fmt::format("proxy '{}' has no toxic '{}'", name, what.settings.name));
    which.change(std::move(what));
  });
}

void engine::remove_toxic(const std::string& name, const std::string& toxic) {
  impl_->call([&] {
    auto& which = named(impl_->proxies, name);
    if (!which.find_toxic(toxic)) throw unknown_name(fmt::format("proxy '{}' has no toxic '{}'", name, toxic));
    which.remove(toxic);
  });
}

void engine::reset() {
  impl_->call([&] {
    std::exception_ptr first;
    for (const auto& [name, each] : impl_->proxies) {
      try {
        each->reset();
      } catch (const address_error&) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
  });
}

void engine::play(std::vector<event> events) {
  impl_->call([&] { impl_->events.play(std::move(events)); });
}

void engine::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->call([&] {
    for (const auto& [name, each] : impl_->proxies) each->close_all("the program stops");
    impl_->proxies.clear();
    impl_->shared.turns.stop();
  });
  impl_->thread.join();
}

std::uint64_t engine::turns() {
  return impl_->call([&] { return impl_->shared.turns.turns(); });
}

}  // namespace dvfo::link::faults
