#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>

#include "actors/error.hpp"

/// What is bound to CAF 0.17 and used in more than one actor, so that a later release changes one header.
namespace dvfo::actors {

/// A timeout for request(): microseconds, at least one, because CAF takes neither fractions nor zero.
inline std::chrono::microseconds request_timeout(std::chrono::duration<double> left) {
  return std::max(std::chrono::microseconds(1), std::chrono::duration_cast<std::chrono::microseconds>(left));
}

/// The actor neither prints nor dies on what a stranger sends: a message that nobody declared is answered
/// unexpected_message and dropped. CAF would print each one, payload included.
template <class Self>
void drop_strangers(Self* self) {
  self->set_default_handler(caf::drop);
}

namespace detail {
template <class T>
struct as_result {
  using type = caf::result<T>;
};
template <class... Ts>
struct as_result<caf::result<Ts...>> {
  using type = caf::result<Ts...>;
};
}  // namespace detail

/// Runs `work` at an actor's border: an exception becomes an error reply of `code` with its text, and the actor lives
/// on.
template <class F>
typename detail::as_result<std::invoke_result_t<F>>::type guarded(F&& work, ec code = ec::inference) {
  try {
    return work();
  } catch (const std::exception& failure) {
    return make_failure(code, failure.what());
  }
}

}  // namespace dvfo::actors
