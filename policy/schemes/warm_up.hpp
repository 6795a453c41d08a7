#pragma once

#include <cstddef>
#include <functional>

#include "policy/environment/world.hpp"
#include "policy/scheme.hpp"

namespace dvfo::policy {

/// What a scheme that learns has behind it before it is judged or decides for users: it explores while `live` runs, in
/// virtual time, where that costs nobody; afterwards it goes on learning and explores no more. With any other scheme
/// nothing happens. Returns whether it learns. Throws what `live` throws.
bool warm_up(scheme& learner, const std::function<void()>& live);

/// The same on the next `tasks` tasks of a world, each decided when it begins. None: it never explores.
bool warm_up(scheme& learner, world& where, std::size_t tasks);

}  // namespace dvfo::policy
