#include "link/faults/api.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <atomic>
#include <ctime>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

#include "link/faults/address.hpp"
#include "link/faults/api_requests.hpp"
#include "link/faults/json.hpp"
#include "link/loopback.hpp"

namespace dvfo::link::faults {
namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;

/// A list of thousands of proxies fits.
constexpr std::size_t longest_body = 1U << 20U;

/// A client that is slower than this is gone.
constexpr std::chrono::seconds patience{5};

/// Seconds before a client that has connected says something. It holds one of the threads, and the end of the program.
constexpr std::time_t longest_silence = 1;

constexpr std::size_t threads = 4;

enum status : int {
  ok = 200,
  created = 201,
  no_content = 204,
  bad = 400,
  forbidden = 403,
  missing = 404,
  conflict = 409,
  broken = 500
};

void answer(Response& response, int code, const ordered_json& body) {
  response.status = code;
  response.set_content(body.dump(-1, ' ', false, ordered_json::error_handler_t::replace), "application/json");
}

void refuse(Response& response, int code, const std::string& why) {
  answer(response, code, {{"error", why}, {"status", code}});
}

/// Toxiproxy's codes for what can be wrong.
template <class Work>
void guarded(Response& response, const Work& work) {
  try {
    work();
  } catch (const unknown_name& problem) {
    refuse(response, missing, problem.what());
  } catch (const taken_name& problem) {
    refuse(response, conflict, problem.what());
  } catch (const std::invalid_argument& problem) {
    refuse(response, bad, problem.what());
  } catch (const std::exception& problem) {
    refuse(response, broken, problem.what());
  }
}

/// A page that a browser shows can send requests to loopback, also under a name that the page's server has given it.
bool is_from_a_browser(const Request& request) {
  if (request.get_header_value("User-Agent").starts_with("Mozilla/")) return true;
  if (!request.has_header("Host")) return false;
  try {
    const auto host = request.get_header_value("Host");
    const bool has_port = host.rfind(':') != std::string::npos && host.back() != ']';
    return !is_loopback(split_address(has_port ? host : host + ":80").host);
  } catch (const std::invalid_argument&) {
    return true;
  }
}

toxic_settings find_toxic(const proxy_state& which, const std::string& name) {
  for (const auto& each : which.toxics) {
    if (each.name == name) return each;
  }
  throw unknown_name(fmt::format("proxy '{}' has no toxic '{}'", which.settings.name, name));
}

}  // namespace

struct api::impl {
  explicit impl(engine& all) : proxies(all) {}

  using handler = void (impl::*)(const Request&, Response&);

  httplib::Server::Handler calling(handler what) {
    return [this, what](const Request& request, Response& response) {
      guarded(response, [&] { (this->*what)(request, response); });
    };
  }

  void route();
  void all_proxies(const Request& request, Response& response);
  void new_proxy(const Request& request, Response& response);
  void populate(const Request& request, Response& response);
  void one_proxy(const Request& request, Response& response);
  void change_proxy(const Request& request, Response& response);
  void remove_proxy(const Request& request, Response& response);
  void all_toxics(const Request& request, Response& response);
  void new_toxic(const Request& request, Response& response);
  void one_toxic(const Request& request, Response& response);
  void change_toxic(const Request& request, Response& response);
  void remove_toxic(const Request& request, Response& response);
  void reset(const Request& request, Response& response);
  void tell_version(const Request& request, Response& response);

  engine& proxies;
  std::string version;
  std::string address;
  httplib::Server server;
  std::atomic<bool> has_ended = false;
  std::thread thread;
};

void api::impl::route() {
  const std::string proxy = "/proxies/([^/]+)";
  const auto toxics = proxy + "/toxics";
  const auto toxic = toxics + "/([^/]+)";
  server.Get("/version", calling(&impl::tell_version));
  server.Post("/reset", calling(&impl::reset));
  server.Post("/populate", calling(&impl::populate));
  server.Get("/proxies", calling(&impl::all_proxies));
  server.Post("/proxies", calling(&impl::new_proxy));
  server.Get(proxy, calling(&impl::one_proxy));
  server.Post(proxy, calling(&impl::change_proxy));
  server.Patch(proxy, calling(&impl::change_proxy));
  server.Delete(proxy, calling(&impl::remove_proxy));
  server.Get(toxics, calling(&impl::all_toxics));
  server.Post(toxics, calling(&impl::new_toxic));
  server.Get(toxic, calling(&impl::one_toxic));
  server.Post(toxic, calling(&impl::change_toxic));
  server.Patch(toxic, calling(&impl::change_toxic));
  server.Delete(toxic, calling(&impl::remove_toxic));
}

void api::impl::all_proxies(const Request& /*request*/, Response& response) {
  auto out = ordered_json::object();
  for (const auto& each : proxies.states()) out[each.settings.name] = to_json(each);
  answer(response, ok, out);
}

void api::impl::new_proxy(const Request& request, Response& response) {
  answer(response, created, to_json(proxies.add(proxy_from(parsed(request.body), {}))));
}

void api::impl::populate(const Request& request, Response& response) {
  auto out = ordered_json::array();
  for (const auto& each : proxies.populate(proxies_from(parsed(request.body)))) out.push_back(to_json(each));
  answer(response, created, {{"proxies", std::move(out)}});
}

void api::impl::one_proxy(const Request& request, Response& response) {
  answer(response, ok, to_json(proxies.state(request.matches[1])));
}

void api::impl::change_proxy(const Request& request, Response& response) {
  const auto before = proxies.state(request.matches[1]).settings;
  answer(response, ok, to_json(proxies.change(proxy_from(parsed(request.body), before))));
}

void api::impl::remove_proxy(const Request& request, Response& response) {
  proxies.remove(request.matches[1]);
  response.status = no_content;
}

void api::impl::all_toxics(const Request& request, Response& response) {
  answer(response, ok, to_json(proxies.state(request.matches[1])).at("toxics"));
}

void api::impl::new_toxic(const Request& request, Response& response) {
  const auto added = toxic_from(parsed(request.body));
  proxies.add_toxic(request.matches[1], added);
  answer(response, ok, to_json(added.settings));
}

void api::impl::one_toxic(const Request& request, Response& response) {
  answer(response, ok, to_json(find_toxic(proxies.state(request.matches[1]), request.matches[2])));
}

void api::impl::change_toxic(const Request& request, Response& response) {
  auto before = find_toxic(proxies.state(request.matches[1]), request.matches[2]);
  const auto changed = changed_toxic(std::move(before), parsed(request.body));
  proxies.change_toxic(request.matches[1], changed);
  answer(response, ok, to_json(changed.settings));
}

void api::impl::remove_toxic(const Request& request, Response& response) {
  proxies.remove_toxic(request.matches[1], request.matches[2]);
  response.status = no_content;
}

void api::impl::reset(const Request& /*request*/, Response& response) {
  proxies.reset();
  response.status = no_content;
}

void api::impl::tell_version(const Request& /*request*/, Response& response) {
  answer(response, ok, {{"version", version}});
}

api::api(engine& proxies, const std::string& address, std::string version) : impl_(std::make_unique<impl>(proxies)) {
  const auto where = split_listen_address(address);
  auto& server = impl_->server;
  impl_->version = std::move(version);
  server.new_task_queue = [] { return new httplib::ThreadPool(threads); };  // the server deletes it
  server.set_socket_options([](socket_t socket) {
    const int on = 1;  // and not SO_REUSEPORT, the library's own: two programs would share the port, each with a part
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  server.set_keep_alive_timeout(longest_silence);
  server.set_keep_alive_max_count(1);  // while it waits for a next request the library looks a hundred times a second
  server.set_read_timeout(patience);
  server.set_write_timeout(patience);
  server.set_payload_max_length(longest_body);
  server.set_pre_routing_handler([](const Request& request, Response& response) {
    if (!is_from_a_browser(request)) return httplib::Server::HandlerResponse::Unhandled;
    refuse(response, forbidden,
           "browsers are not served; expected a program that names this host by a loopback address");
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_error_handler([](const Request& request, Response& response) {
    if (response.body.empty())
      refuse(response, response.status, fmt::format("{} {} is unknown", request.method, request.path));
  });
  impl_->route();
  const int wanted = std::stoi(where.port);
  const int port =
      wanted == 0 ? server.bind_to_any_port(where.host) : (server.bind_to_port(where.host, wanted) ? wanted : -1);
  if (port <= 0)
    throw address_error(fmt::format("{} cannot be listened on; expected a free port of this machine", address));
  impl_->address = where.host.find(':') == std::string::npos ? fmt::format("{}:{}", where.host, port)
                                                             : fmt::format("[{}]:{}", where.host, port);
  impl_->thread = std::thread([&server, &has_ended = impl_->has_ended] {
    server.listen_after_bind();
    has_ended = true;
  });
  while (!server.is_running() && !impl_->has_ended)
    std::this_thread::yield();  // one that is stopped before it runs would run for ever
}

api::~api() {
  if (!impl_->thread.joinable()) return;
  impl_->server.stop();
  impl_->thread.join();
}

const std::string& api::address() const { return impl_->address; }

}  // namespace dvfo::link::faults
