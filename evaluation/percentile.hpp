#pragma once

#include <vector>

namespace dvfo::evaluation {

/// The value below which `fraction` of the values lie (nearest rank); 0 for none.
double percentile(std::vector<double> values, double fraction);

}  // namespace dvfo::evaluation
