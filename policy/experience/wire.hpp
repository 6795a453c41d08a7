#pragma once

#include "messages/experience.hpp"
#include "policy/experience/experience.hpp"

namespace dvfo::policy {

/// An experience as it is stored, and back. Everything survives the way but seen.previous.sends, which no scheme looks
/// at. Thread-safe.
messages::experience to_message(const experience& from);
experience from_message(const messages::experience& from);

}  // namespace dvfo::policy
