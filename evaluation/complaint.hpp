#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>

namespace dvfo::evaluation {

/// Where schemes complain in a comparison: on the standard error output, beside the table.
inline void complain_on_stderr(const std::string& what) { fmt::print(stderr, "{}\n", what); }

}  // namespace dvfo::evaluation
