#pragma once

#include <functional>

namespace dvfo::evaluation {

/// Median wall-clock milliseconds of `work` over some hundred runs after a warm-up; the median, because the machines
/// are shared.
double median_milliseconds(const std::function<void()>& work);

}  // namespace dvfo::evaluation
