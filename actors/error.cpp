#include "actors/error.hpp"

namespace dvfo::actors {

const char* to_string(ec code) {
  switch (code) {
    case ec::ok:
      return "ok";
    case ec::busy:
      return "busy";
    case ec::deadline:
      return "deadline";
    case ec::stopping:
      return "stopping";
    case ec::bad_task:
      return "bad_task";
    case ec::inference:
      return "inference";
    case ec::cloud:
      return "cloud";
    case ec::internal:
      return "internal";
  }
  return "unknown";
}

caf::error make_failure(ec code, const std::string& text) { return caf::make_error(code, text); }

ec code_of(const caf::error& failure) {
  if (!failure) return ec::ok;  // CAF keeps no category in the error that is none
  if (failure.category() != caf::atom("dvfo")) return ec::internal;
  return static_cast<ec>(failure.code());
}

std::string text_of(const caf::error& failure) {
  if (failure && failure.category() == caf::atom("dvfo") && failure.context().match_elements<std::string>()) {
    return failure.context().get_as<std::string>(0);
  }
  return caf::to_string(failure);
}

}  // namespace dvfo::actors
