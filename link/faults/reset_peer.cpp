#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

class breaker : public toxic {
 public:
  explicit breaker(instant patience) : patience_(patience) {}

  void begin(instant now, outlet& out) override { out.finish(now + patience_, chunk::kind::reset); }
  void pass(chunk arriving, outlet& out) override { out.leave(std::move(arriving)); }

 private:
  instant patience_;
};

toxic_factory prepare(const attribute_values& values) {
  return [patience = duration_of<std::milli>(number(values, "timeout"))](const making&) {
    return std::make_unique<breaker>(patience);
  };
}

}  // namespace

const toxic_kind& reset_peer() {
  static const toxic_kind kind{"reset_peer",
                               "the connection breaks at both ends, as when a peer has restarted (TCP's RST)",
                               {{"timeout", "ms", "until then it works", 0.0, 0.0, 1e8}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
