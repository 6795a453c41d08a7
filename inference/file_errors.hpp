#pragma once

#include <string>

#include "files/error.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {

/// Returns what `action` returns. A file that it cannot use becomes an error of this room with that code; `hint`, such
/// as "a bundle needs this file", is said behind the text, if any.
template <class Action>
auto with_file_errors_as(errc code, const std::string& hint, const Action& action) {
  try {
    return action();
  } catch (const files::error& problem) {
    throw error(code, hint.empty() ? problem.what() : problem.what() + ("; " + hint));
  }
}

}  // namespace dvfo::inference
