#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <caf/error.hpp>
#include <caf/message_id.hpp>
#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>

#include "actors/atoms.hpp"
#include "actors/error.hpp"
#include "actors/types.hpp"

/// What is bound to CAF 0.17 and used in more than one actor, so that a later release changes one header.
namespace dvfo::actors {

/// A timeout for request(): microseconds, at least one, because CAF takes neither fractions nor zero.
inline std::chrono::microseconds request_timeout(std::chrono::duration<double> left) {
  return std::max(std::chrono::microseconds(1), std::chrono::duration_cast<std::chrono::microseconds>(left));
}

/// Sends `note` to the actor itself at `when`, or soon if that is over.
template <class Self, class Note>
void remind_at(Self* self, time_point when, const Note& note) {
  using std::chrono::microseconds;
  const auto wait = std::chrono::duration_cast<microseconds>(when - self->clock().now());
  // A microsecond more, because CAF's timers are cut to whole ones.
  self->delayed_send(self, std::max(wait, microseconds(0)) + microseconds(1), note);
}

/// Asks for the look that a deadline_watch wants, if it wants one.
template <class Self>
void look_at(Self* self, const std::optional<time_point>& when) {
  if (when) remind_at(self, *when, expire_atom{});
}

/// Ends a request without a limit of CAF's: its handler gets sec::request_timeout, as from CAF's clock, and a response
/// that comes later is dropped. `response` is response_handle::id(). Nothing happens where it has been answered.
template <class Self>
void give_up(Self* self, caf::message_id response) {
  self->eq_impl(response, self->ctrl(), self->context(), caf::make_error(caf::sec::request_timeout));
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
