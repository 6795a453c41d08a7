#pragma once

#include <cstddef>
#include <functional>

namespace dvfo::inference {

/// Called with what is done and what is to be done in all: pictures, widths.
using count_callback = std::function<void(std::size_t, std::size_t)>;

}  // namespace dvfo::inference
