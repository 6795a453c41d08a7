#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

class slow_farewell : public toxic {
 public:
  explicit slow_farewell(instant delay) : delay_(delay) {}

  void pass(chunk arriving, outlet& out) override {
    if (arriving.what == chunk::kind::end || arriving.what == chunk::kind::close) arriving.at += delay_;
    out.leave(std::move(arriving));
  }

 private:
  instant delay_;
};

toxic_factory prepare(const attribute_values& values) {
  return [delay = duration_of<std::milli>(number(values, "delay"))](const making&) {
    return std::make_unique<slow_farewell>(delay);
  };
}

}  // namespace

const toxic_kind& slow_close() {
  static const toxic_kind kind{"slow_close",
                               "data passes; that the sender has closed arrives later",
                               {{"delay", "ms", "how much later", 0.0, 0.0, 1e8}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
