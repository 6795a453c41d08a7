#pragma once

#include <string>

#include "files/standard_streams.hpp"

namespace dvfo::evaluation {

/// Where schemes complain in a comparison: on the standard error output, beside the table.
inline void complain_on_stderr(const std::string& what) { files::tell_line(what); }

}  // namespace dvfo::evaluation
