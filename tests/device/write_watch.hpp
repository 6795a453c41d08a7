#pragma once

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace dvfo::tests {

/// Records which files of a folder are written to, in order; a truncation and the write behind it count once.
class write_watch {
 public:
  explicit write_watch(const std::filesystem::path& folder) : handle_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    const auto target = std::filesystem::canonical(folder);
    if (handle_ < 0 || inotify_add_watch(handle_, target.c_str(), IN_CLOSE_WRITE) < 0) {
      throw std::runtime_error("cannot watch " + target.string());
    }
  }
  ~write_watch() { close(handle_); }
  write_watch(const write_watch&) = delete;
  write_watch& operator=(const write_watch&) = delete;

  /// Names since the last call.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    alignas(inotify_event) std::array<char, 16384> buffer{};
    for (;;) {
      const ssize_t size = read(handle_, buffer.data(), buffer.size());
      if (size <= 0) return result;
      for (ssize_t at = 0; at < size;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        result.emplace_back(buffer.data() + at + sizeof event);
        at += static_cast<ssize_t>(sizeof event + event.len);
      }
    }
  }

 private:
  int handle_;
};

}  // namespace dvfo::tests
