#include "link/faults/proxy.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace dvfo::link::faults {
namespace {

/// Memory for what is under way, of all connections together and of each way of one: a way may hold what a fast link
/// with a long delay holds, and thousands of them still have a frame's worth of turns each.
constexpr std::size_t memory_of_all = 512U << 20U;
constexpr std::size_t most_of_a_way = 4U << 20U;
constexpr std::size_t least_of_a_way = 64U << 10U;

/// Black holes and loss keep connections open whose ends have gone; here it ends.
constexpr std::size_t most_connections = 16'384;

/// Connections that are taken before the others have their turn.
constexpr int accepted_a_turn = 64;

/// Before the next attempt where the system has nothing left for a connection.
constexpr std::chrono::milliseconds breath{100};

descriptor bound_socket(const endpoint& where) {
  descriptor out(socket(where.place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!out.is_open() || setsockopt(out.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(out.number(), where.address(), where.size) != 0) {
    throw address_error(fmt::format("{} cannot be listened on: {}; expected a free port of this machine",
                                    to_string(where), std::strerror(errno)));
  }
  return out;
}

endpoint own_place(const descriptor& socket) {
  endpoint out;
  getsockname(socket.number(), out.address(), &out.size);
  return out;
}

}  // namespace

proxy::proxy(common& shared, placed_proxy what) : common_(shared), what_(std::move(what)) {
  listen_on(what_.listen);
  settle();
  tell("added");
}

proxy::~proxy() {
  common_.turns.wake_at(*this, std::nullopt);
  close_all("the proxy is removed");
}

void proxy::tell(const char* change) const {
  common_.tell(
      proxy_report{change, what_.settings.name, what_.settings.listen, what_.settings.upstream, is_listening_});
}

/// The port is held from here on, whether connections are taken or refused. It is bound twice because the kernel lets a
/// socket that stops listening keep only a port that was asked for by its number.
void proxy::listen_on(const endpoint& where) {
  const auto first = bound_socket(where);
  const auto place = own_place(first);
  auto listener = bound_socket(place);
  if (is_listening_) stop_listening();
  listener_ = std::move(listener);
  what_.listen = place;
  what_.settings.listen = to_string(place);
}

void proxy::stop_listening() {
  common_.turns.unwatch(listener_);
  common_.turns.wake_at(*this, std::nullopt);
  shutdown(listener_.number(), SHUT_RDWR);
  is_listening_ = false;
}

/// Listens, or does not, as it should. True: that is a change.
bool proxy::settle() {
  const bool should = what_.settings.is_enabled && downs_.empty();
  if (should == is_listening_) return false;
  if (!should) {
    stop_listening();
    return true;
  }
  if (listen(listener_.number(), SOMAXCONN) != 0) {
    throw address_error(fmt::format("{} cannot be listened on: {}; expected a port that no other program has taken",
                                    what_.settings.listen, std::strerror(errno)));
  }
  common_.turns.watch(listener_, *this);
  is_listening_ = true;
  return true;
}

void proxy::change(placed_proxy to) {
  const bool moves = to_string(to.listen) != what_.settings.listen;
  const bool turns = to.settings.upstream != what_.settings.upstream;
  if (moves) listen_on(to.listen);
  if (turns) {
    what_.settings.upstream = to.settings.upstream;
    what_.upstream = to.upstream;
  }
  const bool was_enabled = std::exchange(what_.settings.is_enabled, to.settings.is_enabled);
  try {
    settle();
  } catch (const address_error&) {
    what_.settings.is_enabled = was_enabled;
    throw;
  }
  tell("changed");
  if (moves || turns || !is_listening_) close_all("the proxy has changed");
}

void proxy::set_down(std::size_t event, bool is_down) {
  if (is_down) {
    downs_.insert(event);
  } else {
    downs_.erase(event);
  }
  if (!settle()) return;
  tell(is_listening_ ? "enabled" : "disabled");
  if (!is_listening_) close_all("the proxy is down");
}

void proxy::changed(std::uint32_t /*events*/) { accept_some(); }

void proxy::wake() { accept_some(); }

void proxy::accept_some() {
  for (int i = 0; i < accepted_a_turn && is_listening_; ++i) {
    descriptor client(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.is_open()) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return common_.turns.wake_at(*this, common_.turns.now() + breath);
    }
    const auto number = ++accepted_;
    auto& added = connections_[number] = std::make_unique<connection>(common_.turns, *this, number, std::move(client));
    ++common_.connections;
    if (common_.connections > most_connections) {
      added->close(fmt::format("there are {} connections already", most_connections));
    } else {
      added->begin(what_.upstream);
    }
  }
  if (is_listening_) common_.turns.wake_at(*this, common_.turns.now());
}

void proxy::opened(connection& which) {
  connection_report told{.change = "opened",
                         .proxy = what_.settings.name,
                         .connection = which.number(),
                         .client = which.client(),
                         .toxics = {},
                         .reason = {}};
  for (const auto& each : toxics_) {
    auto fault = drawn(each, which);
    if (fault) told.toxics.push_back(each.what.settings.name);
    which.way(each.what.settings.way).add(each.what.settings.name, std::move(fault), common_.turns.now());
  }
  common_.tell(std::move(told));
}

void proxy::closed(connection& which, const std::string& reason) {
  const auto found = connections_.find(which.number());
  common_.tell(connection_report{.change = "closed",
                                 .proxy = what_.settings.name,
                                 .connection = which.number(),
                                 .client = which.client(),
                                 .toxics = {},
                                 .reason = reason,
                                 .bytes_upstream = which.delivered(stream::upstream),
                                 .bytes_downstream = which.delivered(stream::downstream)});
  common_.turns.retire(std::move(found->second));
  connections_.erase(found);
  --common_.connections;
}

std::size_t proxy::share() const {
  const auto each = memory_of_all / (2 * std::max<std::size_t>(1, common_.connections));
  return std::clamp(each, least_of_a_way, most_of_a_way);
}

std::unique_ptr<toxic> proxy::drawn(const active& which, const connection& by) const {
  random_source random(mixed({.seed = common_.seed,
                              .proxy = what_.settings.name,
                              .toxic = which.what.settings.name,
                              .occurrence = which.occurrence,
                              .connection = by.number()}));
  if (random.uniform() >= which.what.settings.toxicity) return nullptr;
  return which.what.make({which.since, random_source(random.bits())});
}

std::vector<connection*> proxy::open_connections() const {
  std::vector<connection*> out;
  for (const auto& [number, each] : connections_) {
    if (each->is_open()) out.push_back(each.get());
  }
  return out;
}

std::vector<proxy::active>::iterator proxy::find(std::string_view name) {
  return std::find_if(toxics_.begin(), toxics_.end(),
                      [&](const auto& each) { return each.what.settings.name == name; });
}

const toxic_settings* proxy::find_toxic(std::string_view name) const {
  for (const auto& each : toxics_) {
    if (each.what.settings.name == name) return &each.what.settings;
  }
  return nullptr;
}

std::vector<toxic_settings> proxy::toxics() const {
  std::vector<toxic_settings> out;
  for (const auto way : both_streams) {
    for (const auto& each : toxics_) {
      if (each.what.settings.way == way) out.push_back(each.what.settings);
    }
  }
  return out;
}

void proxy::add(prepared_toxic what, instant since, std::uint64_t occurrence) {
  remove(what.settings.name);
  common_.tell(toxic_report{"added", what_.settings.name, what.settings});
  const auto& added = toxics_.emplace_back(active{std::move(what), since, occurrence});
  const auto& settings = added.what.settings;
  for (auto* each : open_connections()) {
    each->way(settings.way).add(settings.name, drawn(added, *each), common_.turns.now());
    each->refresh();
  }
}

void proxy::change(prepared_toxic what) {
  const auto found = find(what.settings.name);
  if (found == toxics_.end()) return;
  common_.tell(toxic_report{"changed", what_.settings.name, what.settings});
  found->what = std::move(what);
  found->since = common_.turns.now();
  for (auto* each : open_connections()) {
    each->way(found->what.settings.way).change(found->what.settings.name, drawn(*found, *each), common_.turns.now());
    each->refresh();
  }
}

void proxy::remove(std::string_view name) {
  const auto found = find(name);
  if (found == toxics_.end()) return;
  const auto settings = std::move(found->what.settings);
  toxics_.erase(found);
  common_.tell(toxic_report{"removed", what_.settings.name, settings});
  for (auto* each : open_connections()) {
    each->way(settings.way).remove(settings.name, common_.turns.now());
    each->refresh();
  }
}

void proxy::reset() {
  while (!toxics_.empty()) remove(std::string(toxics_.back().what.settings.name));
  downs_.clear();
  what_.settings.is_enabled = true;
  if (settle()) tell("enabled");
}

void proxy::close_all(const std::string& reason) {
  std::vector<connection*> all;
  for (const auto& [number, each] : connections_) all.push_back(each.get());
  for (auto* each : all) each->close(reason);
}

}  // namespace dvfo::link::faults
