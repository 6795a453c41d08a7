#include "link/faults/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace dvfo::link::faults {
namespace {

descriptor made(int number, const char* what) {
  if (number < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor(number);
}

/// The loop's own descriptors need no watcher.
void add(const descriptor& poll, const descriptor& what, void* who, std::uint32_t events) {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.ptr = who;
  if (epoll_ctl(poll.number(), EPOLL_CTL_ADD, what.number(), &wanted) != 0)
    throw std::system_error(errno, std::generic_category(), "a socket cannot be watched");
}

void drain(const descriptor& what) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(what.number(), &count, sizeof count);
}

}  // namespace

void descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

loop::loop()
    : poll_(made(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(made(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")),
      bell_(made(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  add(poll_, timer_, &timer_, EPOLLIN);
  add(poll_, bell_, &bell_, EPOLLIN);
}

loop::~loop() = default;

instant loop::now() const { return std::chrono::steady_clock::now() - begin_; }

void loop::watch(const descriptor& what, watcher& who) {
  add(poll_, what, &who, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void loop::unwatch(const descriptor& what) { epoll_ctl(poll_.number(), EPOLL_CTL_DEL, what.number(), nullptr); }

void loop::wake_at(sleeper& who, std::optional<instant> when) {
  if (who.due_ == when) return;
  if (who.due_) sleepers_.erase({*who.due_, &who});
  who.due_ = when;
  if (when) sleepers_.insert({*when, &who});
}

void loop::retire(std::unique_ptr<retired> what) { retired_.push_back(std::move(what)); }

bool loop::post(std::function<void()> what) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return false;
  posted_.push_back(std::move(what));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(bell_.number(), &one, sizeof one);
  return true;
}

/// The timer rings once, at the first sleeper's time; without sleepers it does not.
void loop::arm_timer() {
  const auto first = sleepers_.empty() ? std::nullopt : std::optional(sleepers_.begin()->first);
  if (first == armed_) return;
  armed_ = first;
  itimerspec setting{};
  if (first) {
    const auto at = (begin_ + *first).time_since_epoch();
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    setting.it_value = {.tv_sec = whole.count(), .tv_nsec = std::chrono::nanoseconds(at - whole).count()};
  }
  timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

void loop::hear(int milliseconds) {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(poll_.number(), events.data(), static_cast<int>(events.size()), milliseconds);
  for (int i = 0; i < count; ++i) {
    const auto& each = events[static_cast<std::size_t>(i)];
    if (each.data.ptr == &timer_) {
      drain(timer_);
      armed_.reset();
    } else if (each.data.ptr == &bell_) {
      drain(bell_);
    } else {
      static_cast<watcher*>(each.data.ptr)->changed(each.events);
    }
  }
}

void loop::wake_sleepers() {
  const auto until = now();
  std::vector<sleeper*> due;
  while (!sleepers_.empty() && sleepers_.begin()->first <= until) {
    due.push_back(sleepers_.begin()->second);
    due.back()->due_.reset();
    sleepers_.erase(sleepers_.begin());
  }
  for (auto* each : due) each->wake();
}

/// False: the loop is over.
bool loop::run_posted() {
  std::vector<std::function<void()>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(posted_);
    if (is_stopping_ && taken.empty()) is_closed_ = true;
    if (is_closed_) return false;
  }
  for (const auto& each : taken) each();
  return true;
}

void loop::run() {
  do {
    retired_.clear();
    const bool is_late = !sleepers_.empty() && sleepers_.begin()->first <= now();
    if (!is_late) arm_timer();
    hear(is_late || is_stopping_ ? 0 : -1);
    ++turns_;
    wake_sleepers();
  } while (run_posted());
  retired_.clear();
}

}  // namespace dvfo::link::faults
