#include <algorithm>
#include <cstddef>
#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

/// What Linux does with a segment that is not acknowledged: it waits twice as long before each further attempt, at most
/// this long, and gives the connection up after this many (tcp_retries2).
constexpr std::chrono::seconds longest_wait{120};
constexpr int most_attempts = 15;

/// TCP hides losses; what its user sees of them are stalls.
class lossy_link : public toxic {
 public:
  lossy_link(double rate, double correlation, instant rto, random_source random)
      : rate_(rate), correlation_(correlation), rto_(rto), random_(random) {}

  /// Every segment may be lost, and so may every one that is sent again. Those behind it wait, because order is kept.
  void pass(chunk arriving, outlet& out) override {
    if (arriving.bytes.empty()) {
      send(std::move(arriving), out);
      return;
    }
    for (std::size_t begin = 0; begin < arriving.bytes.size(); begin += segment_bytes) {
      const auto size = std::min(segment_bytes, arriving.bytes.size() - begin);
      const auto* first = arriving.bytes.data() + begin;
      send({arriving.at, chunk::kind::data, {first, first + size}}, out);
    }
  }

 private:
  void send(chunk segment, outlet& out) {
    instant wait = rto_;
    for (int attempt = 0; is_lost(); ++attempt) {
      segment.at += wait;
      wait = std::min<instant>(2 * wait, longest_wait);
      if (attempt < most_attempts) continue;
      out.finish(segment.at, chunk::kind::reset);
      segment.at +=
          instant(1);  // it stays behind the reset, with all that follows, and goes on if the toxic goes first
      break;
    }
    out.leave(std::move(segment));
  }

  bool is_lost() {
    was_lost_ = random_.uniform() < rate_ + (was_lost_ ? correlation_ : 0.0);
    return was_lost_;
  }

  double rate_;
  double correlation_;
  instant rto_;
  random_source random_;
  bool was_lost_ = false;
};

toxic_factory prepare(const attribute_values& values) {
  return [rate = number(values, "loss_rate"), correlation = number(values, "correlation"),
          rto = duration_of<std::milli>(number(values, "rto"))](const making& how) {
    return std::make_unique<lossy_link>(rate, correlation, rto, how.random);
  };
}

}  // namespace

const toxic_kind& loss() {
  static const toxic_kind kind{
      "loss",
      "segments are lost, which TCP hides: the stream stalls until they have been sent again. With loss_rate 1 nothing "
      "passes, and what was held arrives when the toxic goes",
      {{"loss_rate", "0–1", "chance that a segment of up to 1448 bytes is lost", 0.0, 0.0, 1.0},
       {"correlation", "0–1", "added to it after a segment that was lost: losses come in bursts", 0.0, 0.0, 1.0},
       {"rto", "ms",
        "before a segment is sent again; doubles with every further loss, up to 120 s; after 15 times the "
        "connection is reset",
        200.0, 1.0, 120'000.0}},
      &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
