#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// A range coder (Martin 1979): a message is one long binary fraction inside the interval that its symbols have
/// narrowed down, each in proportion to its probability. Both ends hold a window of 64 bits on that fraction; 32 bits
/// leave or enter it whenever the interval has become narrower than 2^32. The last bytes are the fewest that name a
/// fraction of the interval (bytes that are missing count as 0), so that every message has one coded form alone, and
/// the decoder can refuse all others.
namespace dvfo::inference {

/// Probabilities are whole numbers of 2^-15.
inline constexpr int probability_bits = 15;

/// The window: where the interval begins and how long it is.
struct coding_interval {
  std::uint64_t low = 0;
  std::uint64_t length = ~std::uint64_t{0};

  [[nodiscard]] std::uint64_t unit() const { return length >> probability_bits; }
  [[nodiscard]] bool is_narrow() const { return (length >> 32) == 0; }
  void move_on() {
    low <<= 32;
    length <<= 32;
  }

  /// The last bytes of a message: the fewest, at least one, whose fraction lies in the interval, in the upper bits of
  /// `value`. If it is below `low`, a carry goes into the bytes before.
  struct tail {
    std::uint64_t value = 0;
    int bytes = 8;
  };
  [[nodiscard]] tail shortest_tail() const {
    for (int bytes = 1; bytes < 8; ++bytes) {
      const std::uint64_t below = ~std::uint64_t{0} >> (8 * bytes);
      const std::uint64_t value = (low + below) & ~below;
      if (value - low < length) return {value, bytes};
    }
    return {low, 8};
  }
};

/// Writes a message. The caller gives room for 4 bytes a symbol and 8 at the end.
class range_encoder {
 public:
  explicit range_encoder(std::byte* out) : begin_(out), next_(out) {}

  /// A symbol whose part of the interval goes from `from` to `to` in units of 2^-15; the last symbol's part, `is_last`,
  /// takes what rounding leaves over as well.
  void put(std::uint32_t from, std::uint32_t to, bool is_last) {
    const std::uint64_t unit = interval_.unit();
    const std::uint64_t step = unit * from;
    interval_.low += step;
    if (interval_.low < step) [[unlikely]] {
      carry();
    }
    interval_.length = is_last ? interval_.length - step : unit * (to - from);
    if (!interval_.is_narrow()) return;
    write(interval_.low, 4);
    interval_.move_on();
  }

  /// Ends the message; returns the bytes written.
  std::size_t finish() {
    const auto tail = interval_.shortest_tail();
    if (tail.value < interval_.low) carry();
    write(tail.value, tail.bytes);
    return written();
  }

  [[nodiscard]] std::size_t written() const { return static_cast<std::size_t>(next_ - begin_); }

 private:
  /// The fraction never reaches 1, so a byte that can take the carry is there.
  void carry() {
    std::byte* at = next_;
    do {
      --at;
      *at = static_cast<std::byte>(std::to_integer<unsigned>(*at) + 1U);
    } while (*at == std::byte{0});
  }

  void write(std::uint64_t word, int bytes) {
    for (int i = 0; i < bytes; ++i) next_[i] = static_cast<std::byte>(word >> (56 - 8 * i));
    next_ += bytes;
  }

  coding_interval interval_;
  std::byte* begin_;
  std::byte* next_;
};

/// Reads a message. Any bytes give some symbols; is_canonical() tells at the end whether an encoder wrote them.
class range_decoder {
 public:
  explicit range_decoder(std::span<const std::byte> message) : message_(message), code_(std::uint64_t{read()} << 32) {
    code_ |= read();
  }

  /// The symbol 0…symbols − 1 that comes next. `from[k]` is where the part of symbol k begins in units of 2^-15,
  /// ascending from from[0] = 0.
  template <std::size_t symbols>
  std::size_t get(const std::array<std::int16_t, symbols>& from) {
    const std::uint64_t unit = interval_.unit();
    std::array<std::uint64_t, symbols + 1> bounds;
    bounds[0] = 0;
    bounds[symbols] = interval_.length;
    std::size_t symbol = 0;
    for (std::size_t k = 1; k < symbols; ++k) {
      bounds[k] = unit * static_cast<std::uint64_t>(from[k]);
      symbol += code_ >= bounds[k] ? 1 : 0;
    }
    code_ -= bounds[symbol];
    interval_.low += bounds[symbol];
    interval_.length = bounds[symbol + 1] - bounds[symbol];
    if (interval_.is_narrow()) {
      code_ = (code_ << 32) | read();
      interval_.move_on();
    }
    return symbol;
  }

  /// Bytes that the symbols so far make in an encoder that ends here.
  [[nodiscard]] std::size_t expected_bytes() const {
    return read_ - 8 + static_cast<std::size_t>(interval_.shortest_tail().bytes);
  }

  /// Whether an encoder of the symbols so far would have written this message.
  [[nodiscard]] bool is_canonical() const {
    return message_.size() == expected_bytes() && code_ == interval_.shortest_tail().value - interval_.low;
  }

 private:
  std::uint32_t read() {
    std::array<std::byte, 4> bytes{};
    if (read_ + 4 <= message_.size()) {
      std::memcpy(bytes.data(), message_.data() + read_, 4);
    } else if (read_ < message_.size()) {
      std::memcpy(bytes.data(), message_.data() + read_, message_.size() - read_);
    }
    read_ += 4;
    std::uint32_t word = 0;
    for (const std::byte byte : bytes) word = (word << 8) | std::to_integer<std::uint32_t>(byte);
    return word;
  }

  coding_interval interval_;
  std::span<const std::byte> message_;
  std::size_t read_ = 0;  // bytes, those behind the end included
  std::uint64_t code_;    // the message's fraction, counted from interval_.low; read from the message, so behind it
};

}  // namespace dvfo::inference
