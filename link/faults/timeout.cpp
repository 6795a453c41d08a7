#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

/// Nothing passes, not even that the sender has gone: neither end learns anything. A stream with a hole cannot go on,
/// so the connection closes when the toxic goes.
class black_hole : public toxic {
 public:
  explicit black_hole(instant patience) : patience_(patience) {}

  void begin(instant now, outlet& out) override {
    if (patience_ > instant::zero()) out.finish(now + patience_, chunk::kind::close);
  }
  void pass(chunk /*arriving*/, outlet& /*out*/) override {}
  void cease(instant now, outlet& out) override { out.finish(now, chunk::kind::close); }

 private:
  instant patience_;
};

toxic_factory prepare(const attribute_values& values) {
  return [patience = duration_of<std::milli>(number(values, "timeout"))](const making&) {
    return std::make_unique<black_hole>(patience);
  };
}

}  // namespace

const toxic_kind& timeout() {
  static const toxic_kind kind{
      "timeout",
      "a black hole: nothing passes, and the connection is closed after timeout, or when the toxic goes",
      {{"timeout", "ms", "until the connection is closed; 0: it stays open as long as the toxic is there", 0.0, 0.0,
        1e8}},
      &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
