#include "cli/doctor/cloud_check.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "configuration/address.hpp"

namespace dvfo::cli {
namespace {

/// "" once something took a TCP connection, else why not.
std::string try_to_connect(const addrinfo& to, std::chrono::milliseconds timeout) {
  const int link = socket(to.ai_family, to.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, to.ai_protocol);
  if (link < 0) return std::strerror(errno);
  int problem = connect(link, to.ai_addr, to.ai_addrlen) == 0 ? 0 : errno;
  if (problem == EINPROGRESS) {
    pollfd wait{link, POLLOUT, 0};
    socklen_t size = sizeof problem;
    problem = ETIMEDOUT;
    if (poll(&wait, 1, static_cast<int>(timeout.count())) == 1) getsockopt(link, SOL_SOCKET, SO_ERROR, &problem, &size);
  }
  close(link);
  return problem == 0 ? std::string() : std::strerror(problem);
}

}  // namespace

doctor_row look_at_cloud(const std::string& cloud, std::chrono::milliseconds timeout) {
  doctor_row row{.topic = "cloud", .thing = cloud, .state = health::missing};
  configuration::address where;
  try {
    where = configuration::cloud_address(cloud, "cloud");
  } catch (const configuration::network_error& refused) {
    row.reason = refused.what();
    row.remedy = "carry it by a tunnel, such as ssh -L 7070:localhost:7070 HOST, and give its end here: 127.0.0.1:7070";
    return row;
  }
  row.remedy = "start dvfo-cloud there, and see that name and port are right";
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int failed = getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &wanted, &list)) {
    row.reason = fmt::format("{}: {}", where.host, gai_strerror(failed));
    return row;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);
  const auto start = std::chrono::steady_clock::now();
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    row.reason = try_to_connect(*each, timeout);
    if (!row.reason.empty()) continue;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    return {.topic = row.topic,
            .thing = row.thing,
            .state = health::ok,
            .found = fmt::format("something listens: TCP connection in {:.1f} ms (not asked whether it is dvfo-cloud)",
                                 took.count()),
            .reason = "",
            .remedy = ""};
  }
  return row;
}

}  // namespace dvfo::cli
