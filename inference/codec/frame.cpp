#include "inference/codec/frame.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "inference/codec/quantise.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

// Header fields: offsets and flag bits.
constexpr std::size_t version_at = 0;
constexpr std::size_t flags_at = 1;
constexpr std::size_t channels_at = 2;
constexpr std::size_t height_at = 4;
constexpr std::size_t width_at = 6;
constexpr std::size_t selected_at = 8;
constexpr std::size_t payload_bytes_at = 10;
constexpr unsigned bits_mask = 0x03;
constexpr std::array bits_of_code = {2, 3, 4, 8};
constexpr unsigned entropy_flag = 0x04;
constexpr unsigned list_flag = 0x08;
constexpr unsigned known_flags = bits_mask | entropy_flag | list_flag;

template <class Integer>
void store(std::span<std::byte> frame, std::size_t at, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) frame[at + i] = static_cast<std::byte>(value >> (8 * i));
}

template <class Integer>
Integer load(std::span<const std::byte> bytes, std::size_t at) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = static_cast<Integer>(value | (static_cast<Integer>(bytes[at + i]) << (8 * i)));
  }
  return value;
}

std::uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

template <class... Arguments>
[[noreturn]] void refuse(fmt::format_string<Arguments...> text, Arguments&&... values) {
  throw error(errc::bad_frame, "feature frame: " + fmt::format(text, std::forward<Arguments>(values)...));
}

bool list_is_shorter(int channels, std::size_t selected) {
  return selected * 2 < (static_cast<std::size_t>(channels) + 7) / 8;
}

void check_flags(const feature_format& format, unsigned flags) {
  if ((flags & ~known_flags) != 0) refuse("flags are {:#04x}, expected no bit outside {:#04x}", flags, known_flags);
  const int bits = bits_of_code[flags & bits_mask];
  if (bits != format.bits) {
    refuse("values of {} bits, expected {}; do both ends use the same model bundle?", bits, format.bits);
  }
}

void check_dimension(const char* name, int found, int expected) {
  if (found != expected) {
    refuse("{} is {}, expected {}; do both ends use the same model bundle?", name, found, expected);
  }
}

void check_payload_size(const feature_format& format, const frame_view& view, std::size_t found) {
  const std::size_t plain = plain_payload_bytes(format, view.selected);
  if (view.entropy_coded && (found == 0 || found >= plain)) {
    refuse("entropy-coded payload of {} bytes, expected 1 to {}", found, plain - 1);
  }
  if (!view.entropy_coded && found != plain) {
    refuse("payload of {} bytes, expected {} for {} channels", found, plain, view.selected);
  }
}

void check_list(const feature_format& format, const frame_view& view) {
  int previous = -1;
  for (std::size_t i = 0; i < view.selected; ++i) {
    const auto channel = load<std::uint16_t>(view.channel_set, 2 * i);
    if (channel >= format.channels) refuse("channel {} in the list, expected less than {}", channel, format.channels);
    if (channel <= previous) refuse("channel {} after channel {}, expected an ascending list", channel, previous);
    previous = channel;
  }
}

void check_bitmap(const feature_format& format, const frame_view& view) {
  std::size_t found = 0;
  for (const std::byte byte : view.channel_set)
    found += static_cast<std::size_t>(std::popcount(std::to_integer<unsigned>(byte)));
  if (found != view.selected) refuse("channel bitmap holds {} channels, expected {}", found, view.selected);
  const unsigned used = static_cast<unsigned>(format.channels) % 8;
  const auto last = std::to_integer<unsigned>(view.channel_set.back());
  if (used != 0 && (last >> used) != 0) {
    refuse("channel bitmap ends in {:#04x}, expected no channel beyond {}", last, format.channels - 1);
  }
}

}  // namespace

std::size_t channel_set_bytes(int channels, std::size_t selected) {
  return list_is_shorter(channels, selected) ? selected * 2 : (static_cast<std::size_t>(channels) + 7) / 8;
}

std::size_t plain_payload_bytes(const feature_format& format, std::size_t selected) {
  return selected *
         packed_bytes(static_cast<std::size_t>(format.height) * static_cast<std::size_t>(format.width), format.bits);
}

void seal_frame(const feature_format& format, std::span<const std::uint16_t> selected, bool entropy_coded,
                std::size_t payload_bytes, std::span<std::byte> frame) {
  const bool listed = list_is_shorter(format.channels, selected.size());
  auto flags = static_cast<unsigned>(std::ranges::find(bits_of_code, format.bits) - bits_of_code.begin());
  if (entropy_coded) flags |= entropy_flag;
  if (listed) flags |= list_flag;
  store(frame, version_at, frame_version_byte);
  store(frame, flags_at, static_cast<std::uint8_t>(flags));
  store(frame, channels_at, static_cast<std::uint16_t>(format.channels));
  store(frame, height_at, static_cast<std::uint16_t>(format.height));
  store(frame, width_at, static_cast<std::uint16_t>(format.width));
  store(frame, selected_at, static_cast<std::uint16_t>(selected.size()));
  store(frame, payload_bytes_at, static_cast<std::uint32_t>(payload_bytes));

  const auto set = frame.subspan(frame_header_bytes, channel_set_bytes(format.channels, selected.size()));
  if (listed) {
    for (std::size_t i = 0; i < selected.size(); ++i) store(set, 2 * i, selected[i]);
  } else {
    std::ranges::fill(set, std::byte{0});
    for (const std::uint16_t channel : selected) set[channel / 8U] |= std::byte{1} << (channel % 8U);
  }
  const std::size_t summed = frame.size() - frame_checksum_bytes;
  store(frame, summed, checksum(frame.first(summed)));
}

frame_view open_frame(const feature_format& format, std::span<const std::byte> frame) {
  constexpr std::size_t fixed = frame_header_bytes + frame_checksum_bytes;
  if (frame.size() <= fixed) refuse("{} bytes, expected more than {}", frame.size(), fixed);
  const auto version = load<std::uint8_t>(frame, version_at);
  if (version != frame_version_byte) {
    refuse("version byte is {:#04x}, expected {:#04x}; both ends must run the same version", version,
           frame_version_byte);
  }
  const unsigned flags = load<std::uint8_t>(frame, flags_at);
  check_flags(format, flags);
  check_dimension("channel count", load<std::uint16_t>(frame, channels_at), format.channels);
  check_dimension("height", load<std::uint16_t>(frame, height_at), format.height);
  check_dimension("width", load<std::uint16_t>(frame, width_at), format.width);

  frame_view view;
  view.entropy_coded = (flags & entropy_flag) != 0;
  view.listed = (flags & list_flag) != 0;
  view.selected = load<std::uint16_t>(frame, selected_at);
  if (view.selected == 0 || view.selected > static_cast<std::size_t>(format.channels)) {
    refuse("{} selected channels, expected 1 to {}", view.selected, format.channels);
  }
  if (view.listed != list_is_shorter(format.channels, view.selected)) {
    refuse("channel set is a {}, expected the shorter form for {} of {} channels", view.listed ? "list" : "bitmap",
           view.selected, format.channels);
  }
  const std::size_t payload_bytes = load<std::uint32_t>(frame, payload_bytes_at);
  check_payload_size(format, view, payload_bytes);
  const std::size_t set_bytes = channel_set_bytes(format.channels, view.selected);
  if (frame.size() != fixed + set_bytes + payload_bytes) {
    refuse("{} bytes, expected {} by its header", frame.size(), fixed + set_bytes + payload_bytes);
  }

  const std::size_t summed = frame.size() - frame_checksum_bytes;
  const auto stated = load<std::uint32_t>(frame, summed);
  const std::uint32_t computed = checksum(frame.first(summed));
  if (stated != computed) refuse("checksum is {:#010x}, expected {:#010x}; the bytes were damaged", stated, computed);

  view.channel_set = frame.subspan(frame_header_bytes, set_bytes);
  view.payload = frame.subspan(frame_header_bytes + set_bytes, payload_bytes);
  view.listed ? check_list(format, view) : check_bitmap(format, view);
  return view;
}

std::vector<std::uint16_t> channels_of(const frame_view& view) {
  std::vector<std::uint16_t> channels;
  channels.reserve(view.selected);
  if (view.listed) {
    for (std::size_t i = 0; i < view.selected; ++i) channels.push_back(load<std::uint16_t>(view.channel_set, 2 * i));
    return channels;
  }
  for (std::size_t i = 0; i < view.channel_set.size(); ++i) {
    for (auto byte = std::to_integer<unsigned>(view.channel_set[i]); byte != 0; byte &= byte - 1) {
      channels.push_back(static_cast<std::uint16_t>(8 * i + static_cast<std::size_t>(std::countr_zero(byte))));
    }
  }
  return channels;
}

}  // namespace dvfo::inference
