#include "policy/decision.hpp"

#include <algorithm>
#include <stdexcept>

namespace dvfo::policy {
namespace {

constexpr std::array<const char*, all_sendings.size()> words{"features", "input", "compressed", "appeal"};

std::size_t place_of(const sending& what) {
  return static_cast<std::size_t>(std::find(all_sendings.begin(), all_sendings.end(), what) - all_sendings.begin());
}

}  // namespace

const char* to_string(const sending& what) {
  const auto place = place_of(what);
  return place < words.size() ? words[place] : "unknown";
}

std::uint8_t number_of(const sending& what) {
  const auto place = place_of(what);
  if (place < all_sendings.size()) return static_cast<std::uint8_t>(place);
  throw std::invalid_argument("features or an uncompressed input upon an appeal have no number in records");
}

}  // namespace dvfo::policy
