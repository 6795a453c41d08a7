#pragma once

#include "policy/scheme.hpp"

namespace dvfo::policy {

/// A scheme that learns from outcomes while it decides. It explores until it is told to stop; what it observes it
/// learns from in either case.
class learning_scheme : public scheme {
 public:
  virtual void explore(bool on) = 0;
};

}  // namespace dvfo::policy
