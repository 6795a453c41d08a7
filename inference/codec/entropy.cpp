#include "inference/codec/entropy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

#include "inference/codec/level_statistics.hpp"
#include "inference/codec/quantise.hpp"
#include "inference/codec/range_coder.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

static_assert(std::endian::native == std::endian::little, "levels are unpacked through little-endian words");

/// Levels a turn of packing: of any number of bits they fill whole bytes.
constexpr std::size_t group = 8;

constexpr std::size_t whole_groups(std::size_t levels) { return (levels + group - 1) / group * group; }

/// Buffers of one thread. They only grow, up to the largest payload that the thread has seen; the formats of the loaded
/// bundles bound that.
struct scratch {
  std::vector<std::uint8_t> levels;  // of one plane, whole groups
  std::vector<std::byte> bytes;

  void reserve(const level_planes& what, std::size_t bytes_needed) {
    const std::size_t levels_needed = whole_groups(what.height * what.width);
    if (levels.size() < levels_needed) levels.resize(levels_needed);
    if (bytes.size() < bytes_needed) bytes.resize(bytes_needed);
  }
};

scratch& scratch_of_this_thread() {
  thread_local scratch buffers;
  return buffers;
}

template <int bits>
void to_levels(std::span<const std::byte> packed, std::uint8_t* levels) {
  for (std::size_t at = 0; at < packed.size(); at += bits, levels += group) {
    std::uint64_t word = 0;
    if (at + bits <= packed.size()) {
      std::memcpy(&word, packed.data() + at, bits);
    } else {
      std::memcpy(&word, packed.data() + at, packed.size() - at);
    }
    for (std::size_t i = 0; i < group; ++i) {
      levels[i] = static_cast<std::uint8_t>((word >> (i * bits)) & ((1U << bits) - 1U));
    }
  }
}

/// `levels` behind the last one of the plane, up to a whole group, must be 0.
template <int bits>
void to_packed(const std::uint8_t* levels, std::span<std::byte> packed) {
  for (std::size_t at = 0; at < packed.size(); at += bits, levels += group) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < group; ++i) word |= std::uint64_t{levels[i]} << (i * bits);
    std::memcpy(packed.data() + at, &word, std::min<std::size_t>(bits, packed.size() - at));
  }
}

/// What a level's probabilities depend on, learned alike by both ends.
template <int bits>
class level_model {
 public:
  /// Levels of 8 bits are coded as two symbols of 4.
  static constexpr int symbol_bits = std::min(bits, 4);
  static constexpr std::size_t symbols = std::size_t{1} << symbol_bits;
  using statistics = adaptive_statistics<symbols>;

  level_model() {
    static constexpr auto small_is_likely = statistics::falling(3);
    static constexpr auto all_alike = statistics::falling(4);
    by_neighbours_.fill(small_is_likely);
    by_upper_half_.fill(all_alike);
  }

  /// For a level, or its upper half, between these neighbours.
  statistics& between(unsigned left, unsigned above) {
    return by_neighbours_[class_of(left) * classes + class_of(above)];
  }
  /// For the lower half of a level of 8 bits.
  statistics& below(std::size_t upper_half) { return by_upper_half_[upper_half]; }

 private:
  /// The level itself where there are four, else its magnitude.
  static constexpr std::size_t class_of(unsigned level) {
    return bits == 2 ? level : static_cast<std::size_t>(std::bit_width(level));
  }
  static constexpr std::size_t classes = bits == 2 ? 4 : bits + 1;

  std::array<statistics, classes * classes> by_neighbours_;
  std::array<statistics, bits == 8 ? symbols : 0> by_upper_half_;
};

/// Calls visit(level, left, above) along a row; at the borders one neighbour stands for both, in the corner 0.
template <class Level, class Visit>
void for_each_level(Level* row, const std::uint8_t* row_above, std::size_t width, Visit visit) {
  unsigned left = row_above == nullptr ? 0U : row_above[0];
  for (std::size_t x = 0; x < width; ++x) {
    visit(row[x], left, row_above == nullptr ? left : row_above[x]);
    left = row[x];
  }
}

template <class Statistics>
void put(range_encoder& out, Statistics& learned, std::size_t symbol) {
  const auto& from = learned.from();
  const bool is_last = symbol + 1 == from.size();
  out.put(static_cast<std::uint32_t>(from[symbol]), is_last ? 0U : static_cast<std::uint32_t>(from[symbol + 1]),
          is_last);
  learned.learn(symbol);
}

template <class Statistics>
std::size_t get(range_decoder& in, Statistics& learned) {
  const std::size_t symbol = in.get(learned.from());
  learned.learn(symbol);
  return symbol;
}

template <int bits>
void encode_row(range_encoder& out, level_model<bits>& model, const std::uint8_t* row, const std::uint8_t* row_above,
                std::size_t width) {
  for_each_level(row, row_above, width, [&](const std::uint8_t& level, unsigned left, unsigned above) {
    if constexpr (bits == 8) {
      put(out, model.between(left, above), level >> 4);
      put(out, model.below(level >> 4), level & 15U);
    } else {
      put(out, model.between(left, above), level);
    }
  });
}

template <int bits>
void decode_row(range_decoder& in, level_model<bits>& model, std::uint8_t* row, const std::uint8_t* row_above,
                std::size_t width) {
  for_each_level(row, row_above, width, [&](std::uint8_t& level, unsigned left, unsigned above) {
    std::size_t found = get(in, model.between(left, above));
    if constexpr (bits == 8) found = (found << 4) | get(in, model.below(found));
    level = static_cast<std::uint8_t>(found);
  });
}

/// Bytes that a row may add to a message at most: 4 a symbol.
std::size_t row_bound(const level_planes& what) { return 2 * 4 * what.width; }
constexpr std::size_t end_bound = 8;

template <int bits>
std::span<const std::byte> compress(std::span<const std::byte> plain, const level_planes& what) {
  scratch& buffers = scratch_of_this_thread();
  buffers.reserve(what, plain.size() + row_bound(what) + end_bound);
  range_encoder out(buffers.bytes.data());
  level_model<bits> model;
  const std::size_t plane_bytes = plain.size() / what.planes;
  for (std::size_t plane = 0; plane < what.planes; ++plane) {
    to_levels<bits>(plain.subspan(plane * plane_bytes, plane_bytes), buffers.levels.data());
    const std::uint8_t* above = nullptr;
    for (std::size_t y = 0; y < what.height; ++y) {
      const std::uint8_t* const row = buffers.levels.data() + y * what.width;
      encode_row<bits>(out, model, row, above, what.width);
      if (out.written() >= plain.size()) return {};
      above = row;
    }
  }
  const std::size_t size = out.finish();
  if (size >= plain.size()) return {};
  return std::span<const std::byte>(buffers.bytes).first(size);
}

template <int bits>
std::span<const std::byte> decompress(std::span<const std::byte> message, const level_planes& what) {
  const std::size_t packed_size = what.packed_size();
  scratch& buffers = scratch_of_this_thread();
  buffers.reserve(what, packed_size);
  range_decoder in(message);
  level_model<bits> model;
  const std::size_t plane_bytes = packed_size / what.planes;
  const std::span<std::byte> packed = std::span(buffers.bytes).first(packed_size);
  const std::size_t plane_levels = what.height * what.width;
  std::fill_n(buffers.levels.data() + plane_levels, whole_groups(plane_levels) - plane_levels, std::uint8_t{0});
  for (std::size_t plane = 0; plane < what.planes; ++plane) {
    const std::uint8_t* above = nullptr;
    for (std::size_t y = 0; y < what.height; ++y) {
      std::uint8_t* const row = buffers.levels.data() + y * what.width;
      decode_row<bits>(in, model, row, above, what.width);
      above = row;
    }
    to_packed<bits>(buffers.levels.data(), packed.subspan(plane * plane_bytes, plane_bytes));
  }
  if (!in.is_canonical()) {
    throw error(errc::bad_frame, fmt::format("feature frame: entropy-coded payload of {} bytes is not what an encoder "
                                             "writes, expected {} bytes for what it decodes to",
                                             message.size(), in.expected_bytes()));
  }
  return packed;
}

}  // namespace

std::size_t level_planes::packed_size() const { return planes * packed_bytes(height * width, bits); }

std::span<const std::byte> compress_if_smaller(std::span<const std::byte> plain, const level_planes& what) {
  switch (what.bits) {
    case 2:
      return compress<2>(plain, what);
    case 3:
      return compress<3>(plain, what);
    case 4:
      return compress<4>(plain, what);
    default:
      return compress<8>(plain, what);
  }
}

std::span<const std::byte> decompress_exactly(std::span<const std::byte> message, const level_planes& what) {
  switch (what.bits) {
    case 2:
      return decompress<2>(message, what);
    case 3:
      return decompress<3>(message, what);
    case 4:
      return decompress<4>(message, what);
    default:
      return decompress<8>(message, what);
  }
}

}  // namespace dvfo::inference
