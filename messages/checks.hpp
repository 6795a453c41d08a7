#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "messages/inference.hpp"

/// Bytes from a peer become values here, or an error text. Nothing of a peer is believed before it went through one of
/// these.
namespace dvfo::messages {

/// Bounds on what is parsed at all, in bytes. A request holds one feature frame (the largest format that the codec's
/// own limits and this project's models come near: some hundred kB), a reply one vector of logits, a hello
/// some facts and up to 64 kB of padding.
inline constexpr std::size_t max_request_bytes = std::size_t{8} << 20;
inline constexpr std::size_t max_reply_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_hello_bytes = std::size_t{68} << 10;

/// Widest image of pixels that a request may carry.
inline constexpr std::uint32_t max_image_width = 8192;

/// Most classes that a reply may carry.
inline constexpr std::size_t max_classes = std::size_t{1} << 16;

/// Longest text in a message, in bytes; longer ones are cut, because they end in logs.
inline constexpr std::size_t max_text_bytes = 512;

/// A checked value, or why there is none.
template <class T>
struct checked {
  std::optional<T> value;
  std::string error;  ///< names the message, the field, what was found and what was expected; empty if value is there

  explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
  const T& operator*() const { return *value; }
  T* operator->() { return &*value; }
  const T* operator->() const { return &*value; }
};

/// Size first, then Protobuf's own parser, then every field's range. Never throws on any bytes. Thread-safe.
checked<infer_request> parse_infer_request(std::string_view bytes);
checked<infer_reply> parse_infer_reply(std::string_view bytes);
checked<hello_request> parse_hello_request(std::string_view bytes);
checked<hello_reply> parse_hello_reply(std::string_view bytes);

/// Empty if `theirs` serves the very model that `ours` names; otherwise the first difference, with both values and what
/// to do.
std::string compare(const hello_reply& ours, const hello_reply& theirs);

}  // namespace dvfo::messages
