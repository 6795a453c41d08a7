#include <algorithm>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

using milliseconds = std::milli;

class delay : public toxic {
 public:
  delay(double mean_ms, double jitter_ms, random_source random)
      : mean_ms_(mean_ms), jitter_ms_(jitter_ms), random_(random) {}

  /// Order is kept, as TCP keeps it: a chunk that drew a short delay waits for the one before it.
  void pass(chunk arriving, outlet& out) override {
    const double drawn = jitter_ms_ > 0.0 ? jitter_ms_ * (2.0 * random_.uniform() - 1.0) : 0.0;
    arriving.at += duration_of<milliseconds>(std::max(0.0, mean_ms_ + drawn));
    out.leave(std::move(arriving));
  }

 private:
  double mean_ms_;
  double jitter_ms_;
  random_source random_;
};

toxic_factory prepare(const attribute_values& values) {
  return [mean = number(values, "latency"), jitter = number(values, "jitter")](const making& how) {
    return std::make_unique<delay>(mean, jitter, how.random);
  };
}

}  // namespace

const toxic_kind& latency() {
  static const toxic_kind kind{"latency",
                               "all that passes arrives later, by latency ± jitter, in order",
                               {{"latency", "ms", "mean delay", 0.0, 0.0, 1e8},
                                {"jitter", "ms", "most that a delay differs from it", 0.0, 0.0, 1e8}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
