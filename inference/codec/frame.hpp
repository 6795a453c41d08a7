#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "inference/codec/feature_codec.hpp"

/// The envelope of a feature frame, byte by byte as docs/feature-frame.md draws it: header, channel set, payload,
/// checksum.
namespace dvfo::inference {

/// Magic in the upper half, version in the lower. A change of layout or of the packing changes the version.
inline constexpr std::uint8_t frame_version_byte = 0xd2;
inline constexpr std::size_t frame_header_bytes = 14;
inline constexpr std::size_t frame_checksum_bytes = 4;

/// Bytes of the channel set: a list of u16 or a bitmap of all `channels`, whichever is shorter (the bitmap at a tie).
std::size_t channel_set_bytes(int channels, std::size_t selected);

/// Bytes of `selected` packed planes, before entropy coding.
std::size_t plain_payload_bytes(const feature_format& format, std::size_t selected);

/// Writes header, channel set and checksum around the payload of `payload_bytes` bytes that `frame` holds already,
/// behind the room for header and set. `frame` has exactly the frame's size; the arguments were checked by the caller.
void seal_frame(const feature_format& format, std::span<const std::uint16_t> selected, bool entropy_coded,
                std::size_t payload_bytes, std::span<std::byte> frame);

/// A frame that passed the envelope's checks. Points into the frame's bytes.
struct frame_view {
  bool entropy_coded = false;
  bool listed = false;       ///< channel set is a list, not a bitmap
  std::size_t selected = 0;  ///< channels in the set, ≥ 1
  std::span<const std::byte> channel_set;
  std::span<const std::byte> payload;
};

/// Checks everything but the payload's content, without allocating: version, flags, bits and shape against `format`,
/// lengths, checksum, channel set. Throws error(bad_frame) saying which check failed, what was found and what was
/// expected.
frame_view open_frame(const feature_format& format, std::span<const std::byte> frame);

/// The channels of a view's set, ascending.
std::vector<std::uint16_t> channels_of(const frame_view& view);

}  // namespace dvfo::inference
