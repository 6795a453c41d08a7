#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace dvfo::cli {

/// An HTTP proxy on a free port of loopback, one connection at a time. Whatever host a request names, it goes to
/// `origin_port` of loopback: names that nobody else knows work through it alone.
class proxy_server {
 public:
  explicit proxy_server(int origin_port) : origin_port_(origin_port) {
    sockaddr_in here = loopback(0);
    socklen_t size = sizeof here;
    if (bind(listener_, as_address(here), size) != 0 || listen(listener_, 8) != 0 ||
        getsockname(listener_, as_address(here), &size) != 0) {
      throw std::runtime_error("the test's proxy cannot listen");
    }
    port_ = ntohs(here.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~proxy_server() {
    eventfd_write(stop_, 1);
    thread_.join();
    close(listener_);
    close(stop_);
  }
  proxy_server(const proxy_server&) = delete;
  proxy_server& operator=(const proxy_server&) = delete;

  [[nodiscard]] int port() const { return port_; }

  /// Answers every request with this status itself. Before the first request.
  void refuse_with(std::string status) { refusal_ = std::move(status); }

  /// Heads of the requests so far, as they came.
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }
  /// The first line of each.
  [[nodiscard]] std::vector<std::string> requests() const {
    auto lines = heads();
    for (auto& each : lines) each.erase(each.find('\r'));
    return lines;
  }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return out;
  }
  static sockaddr* as_address(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

  /// Waits until one of the two can be read: its place, or -1 once the proxy is to stop.
  [[nodiscard]] int readable(int first, int second) const {
    std::array<pollfd, 3> all{pollfd{first, POLLIN, 0}, pollfd{second, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    while (poll(all.data(), all.size(), -1) < 0) {
    }
    if (all[2].revents != 0) return -1;
    return all[0].revents != 0 ? 0 : 1;
  }

  static bool write_all(int to, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const auto wrote = send(to, text.data() + done, text.size() - done, MSG_NOSIGNAL);
      if (wrote <= 0) return false;
      done += static_cast<std::size_t>(wrote);
    }
    return true;
  }

  void accept_all() {
    while (readable(listener_, -1) == 0) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      serve(client);
      close(client);
    }
  }

  [[nodiscard]] std::string read_head(int client) const {
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos && readable(client, -1) == 0) {
      std::array<char, 4096> block;
      const auto got = recv(client, block.data(), block.size(), 0);
      if (got <= 0) return {};
      head.append(block.data(), static_cast<std::size_t>(got));
    }
    return head;
  }

  void serve(int client) {
    auto head = read_head(client);
    if (head.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      heads_.push_back(head);
    }
    if (!refusal_.empty()) {
      write_all(client, "HTTP/1.1 " + refusal_ + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return;
    }
    const int origin = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in there = loopback(origin_port_);
    if (connect(origin, as_address(there), sizeof there) == 0) {
      if (head.starts_with("CONNECT ")) {
        if (write_all(client, "HTTP/1.1 200 Connection established\r\n\r\n")) pass_on(client, origin);
      } else {
        // "GET http://host/path HTTP/1.1" without its host.
        const auto host = head.find("http://");
        head.erase(host, head.find('/', host + 7) - host);
        if (write_all(origin, head)) pass_on(client, origin);
      }
    }
    close(origin);
  }

  void pass_on(int client, int origin) const {
    std::array<char, 65536> block;
    for (int which = readable(client, origin); which >= 0; which = readable(client, origin)) {
      const auto got = recv(which == 0 ? client : origin, block.data(), block.size(), 0);
      if (got <= 0) return;
      if (!write_all(which == 0 ? origin : client, {block.data(), static_cast<std::size_t>(got)})) return;
    }
  }

  int origin_port_;
  int port_ = 0;
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int stop_ = eventfd(0, EFD_CLOEXEC);
  std::string refusal_;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::thread thread_;
};

}  // namespace dvfo::cli
