#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "link/faults/chunk.hpp"

namespace dvfo::link::faults {

/// A file descriptor that closes itself.
class descriptor {
 public:
  explicit descriptor(int number = -1) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~descriptor() { close(); }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int number_;
};

/// One thread that sleeps until a socket, a time or another thread wants something: it never looks around by itself.
/// All but `post` is for the thread that runs it, or for any before it runs.
class loop {
 public:
  /// Hears of a descriptor's changes: EPOLLIN, EPOLLOUT, … once each time that something arrives or room comes
  /// (edge-triggered), so whoever hears must use what there is until there is no more, or come back by itself.
  class watcher {
   public:
    virtual ~watcher() = default;
    virtual void changed(std::uint32_t events) = 0;
  };

  /// Is woken at a time that it has asked for.
  class sleeper {
   public:
    virtual ~sleeper() = default;
    virtual void wake() = 0;

   private:
    friend class loop;
    std::optional<instant> due_;
  };

  /// What may be destroyed only when this turn's events have been told.
  class retired {
   public:
    virtual ~retired() = default;
  };

  /// Throws std::system_error.
  loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// Since this loop was made.
  [[nodiscard]] instant now() const;

  /// Until the descriptor is closed or `unwatch`ed. Throws std::system_error.
  void watch(const descriptor& what, watcher& who);
  void unwatch(const descriptor& what);

  /// In place of what it asked for before; nothing: not at all. One of the past is woken in the next turn, after the
  /// sockets have been heard.
  void wake_at(sleeper& who, std::optional<instant> when);

  void retire(std::unique_ptr<retired> what);

  /// From any thread: runs `what` in the next turn. Returns false, and does not, once the loop has been stopped.
  bool post(std::function<void()> what);

  /// Until `stop`, which is called in a turn; what was posted before has been run then.
  void run();
  void stop() { is_stopping_ = true; }

  /// How often it has woken, for tests.
  [[nodiscard]] std::uint64_t turns() const { return turns_; }

 private:
  void arm_timer();
  void hear(int milliseconds);
  void wake_sleepers();
  bool run_posted();

  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  descriptor poll_;
  descriptor timer_;
  descriptor bell_;
  std::set<std::pair<instant, sleeper*>> sleepers_;
  std::optional<instant> armed_;
  std::vector<std::unique_ptr<retired>> retired_;
  std::uint64_t turns_ = 0;
  bool is_stopping_ = false;

  std::mutex mutex_;  // of what follows
  std::vector<std::function<void()>> posted_;
  bool is_closed_ = false;
};

}  // namespace dvfo::link::faults
