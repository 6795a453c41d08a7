#include "policy/decision.hpp"

namespace dvfo::policy {

const char* to_string(carrier what) {
  switch (what) {
    case carrier::features:
      return "features";
    case carrier::input:
      return "input";
    case carrier::compressed:
      return "compressed";
    case carrier::appeal:
      return "appeal";
  }
  return "unknown";
}

}  // namespace dvfo::policy
