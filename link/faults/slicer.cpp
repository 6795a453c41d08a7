#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {
namespace {

class knife : public toxic {
 public:
  knife(double average, double variation, instant gap, random_source random)
      : average_(average), variation_(variation), gap_(gap), random_(random) {}

  void pass(chunk arriving, outlet& out) override {
    free_ = std::max(free_, arriving.at);
    if (arriving.bytes.empty()) {
      arriving.at = free_;
      out.leave(std::move(arriving));
      return;
    }
    for (std::size_t begin = 0; begin < arriving.bytes.size();) {
      const auto size = std::min(drawn_size(), arriving.bytes.size() - begin);
      const auto* first = arriving.bytes.data() + begin;
      out.leave({free_, chunk::kind::data, {first, first + size}});
      free_ += gap_;
      begin += size;
    }
  }

  [[nodiscard]] bool has_room(instant now) const override { return free_ <= now + longest_queue; }

  [[nodiscard]] double expansion() const override { return 1.0 + static_cast<double>(cost_of_a_chunk) / average_; }

 private:
  std::size_t drawn_size() {
    return static_cast<std::size_t>(average_ - variation_ + random_.uniform() * (2.0 * variation_ + 1.0));
  }

  double average_;
  double variation_;
  instant gap_;
  random_source random_;
  instant free_{};  // when the next slice may leave
};

toxic_factory prepare(const attribute_values& values) {
  const double average = number(values, "average_size");
  const double variation = number(values, "size_variation");
  if (variation >= average) throw std::invalid_argument("size_variation is not below average_size");
  return [=, gap = duration_of<std::micro>(number(values, "delay"))](const making& how) {
    return std::make_unique<knife>(average, variation, gap, how.random);
  };
}

}  // namespace

const toxic_kind& slicer() {
  static const toxic_kind kind{
      "slicer",
      "data is cut into small pieces, which are sent one by one",
      {{"average_size", "bytes", "mean size of a piece", 100.0, 1.0, 1e6, true},
       {"size_variation", "bytes", "most that a size differs from it; below average_size", 0.0, 0.0, 1e6, true},
       {"delay", "µs", "between two pieces", 0.0, 0.0, 1e10}},
      &prepare};
  return kind;
}

}  // namespace dvfo::link::faults
