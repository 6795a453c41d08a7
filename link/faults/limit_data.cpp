#include <cstdint>
#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

class allowance : public toxic {
 public:
  explicit allowance(std::uint64_t bytes) : left_(bytes) {}

  void begin(instant now, outlet& out) override {
    if (left_ == 0) out.finish(now, chunk::kind::close);
  }

  void pass(chunk arriving, outlet& out) override {
    const auto at = arriving.at;
    if (arriving.bytes.size() > left_) arriving.bytes.resize(left_);
    left_ -= arriving.bytes.size();
    if (!arriving.bytes.empty() || arriving.what != chunk::kind::data) out.leave(std::move(arriving));
    if (left_ == 0) out.finish(at, chunk::kind::close);
  }

 private:
  std::uint64_t left_;
};

toxic_factory prepare(const attribute_values& values) {
  return [bytes = static_cast<std::uint64_t>(number(values, "bytes"))](const making&) {
    return std::make_unique<allowance>(bytes);
  };
}

}  // namespace

const toxic_kind& limit_data() {
  static const toxic_kind kind{"limit_data",
                               "the connection is closed when this much has passed",
                               {{"bytes", "bytes", "what passes of each connection", 0.0, 0.0, 1e15, true}},
                               &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
