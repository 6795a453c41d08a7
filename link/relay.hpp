#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dvfo::link {

namespace faults {
class engine;
}

/// A slow link between two programs of this machine: listens on loopback and passes on what comes, each way at the
/// given rate and after the given delay, whole bytes, in order: the toxics `bandwidth` and `latency`, always there. It
/// shapes what TCP carries: headers and retransmissions of a real link are not imitated. A connection whose far end
/// does not read fills a bounded buffer and then waits, as a real one.
class relay {
 public:
  /// Passes on to `target_port` of loopback. `delay_seconds`: one way. Throws std::runtime_error when it cannot listen,
  /// and std::invalid_argument for a rate that is not above 0 or a delay below 0.
  relay(std::uint16_t target_port, double bits_per_second, double delay_seconds);

  /// Closes every connection; what is under way is lost.
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// Where to connect: "127.0.0.1:PORT".
  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  std::unique_ptr<faults::engine> engine_;
  std::string address_;
};

}  // namespace dvfo::link
