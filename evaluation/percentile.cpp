#include "evaluation/percentile.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace dvfo::evaluation {

double percentile(std::vector<double> values, double fraction) {
  if (values.empty()) return 0.0;
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size())));
  const auto place = std::clamp<std::size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place), values.end());
  return values[place];
}

}  // namespace dvfo::evaluation
