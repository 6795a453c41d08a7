#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "link/faults/engine.hpp"
#include "tests/link/faults/sockets.hpp"
#include "tests/link/faults/stream_bench.hpp"

namespace dvfo::link::faults {

/// An engine with one proxy in front of one server, and what it has reported.
class engine_fixture : public testing::Test {
 protected:
  engine_fixture() {
    proxy_ = proxies_.add({.name = "p", .listen = "127.0.0.1:0", .upstream = server_.address()}).settings.listen;
  }

  struct both_ends {
    test_socket client;
    test_socket server;
  };
  both_ends connect() {
    auto client = connect_to(proxy_);
    return {std::move(client), server_.accept()};
  }

  void toxic(const std::string& type, stream way, const attribute_values& attributes = {}, double toxicity = 1.0) {
    proxies_.add_toxic(
        "p", prepare({.name = type, .type = type, .way = way, .toxicity = toxicity, .attributes = attributes}));
  }

  /// Waits for a report that fits, among those that have come and those to come.
  template <class What>
  std::optional<What> told(const std::function<bool(const What&)>& fits) {
    std::unique_lock lock(mutex_);
    std::optional<What> out;
    const bool has_come = has_news_.wait_for(lock, std::chrono::seconds(30), [&] {
      for (const auto& each : reports_) {
        const auto* what = std::get_if<What>(&each.what);
        if (what && fits(*what)) out = *what;
      }
      return out.has_value();
    });
    EXPECT_TRUE(has_come) << "not reported";
    return out;
  }

  std::optional<connection_report> closed(std::uint64_t number) {
    return told<connection_report>(
        [=](const auto& each) { return each.change == "closed" && each.connection == number; });
  }

  void hear(const report& each) {
    const std::lock_guard lock(mutex_);
    reports_.push_back(each);
    has_news_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable has_news_;
  std::vector<report> reports_;
  test_server server_;
  engine proxies_{{.seed = 1, .report = [this](const report& each) { hear(each); }}};
  std::string proxy_;
};

/// Seconds that `work` took.
inline double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace dvfo::link::faults
