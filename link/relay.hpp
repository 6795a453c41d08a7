#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>

namespace dvfo::link {

/// A slow link between two programs of this machine: listens on loopback and passes on what comes, each way at the
/// given rate and after the given delay, whole bytes, in order. It shapes what TCP carries: headers and
/// retransmissions of a real link are not imitated. A connection whose far end does not read fills a buffer of a few
/// dozen kilobytes and then waits, as a real one.
class relay {
 public:
  /// Passes on to `target_port` of loopback. `delay_seconds`: one way. Throws std::runtime_error when it cannot listen,
  /// and std::invalid_argument for a rate that is not above 0 or a delay below 0.
  relay(std::uint16_t target_port, double bits_per_second, double delay_seconds);

  /// Closes every connection; what is under way is lost after at most the delay.
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// Where to connect: "127.0.0.1:PORT".
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  void accept_all();
  void pass_on(int from, int to) const;

  std::string address_;
  std::uint16_t target_port_;
  double bits_per_second_;
  double delay_seconds_;
  int listener_ = -1;
  std::atomic<bool> stop_ = false;
  std::list<std::thread> directions_;  // of accept_all's thread alone until it has ended
  std::list<int> sockets_;             // likewise
  std::thread acceptor_;
};

}  // namespace dvfo::link
