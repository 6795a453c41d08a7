#include "inference/codec/feature_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "inference/codec/entropy.hpp"
#include "inference/codec/frame.hpp"
#include "inference/codec/imputation.hpp"
#include "inference/codec/quantise.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

template <class... Arguments>
[[noreturn]] void reject(fmt::format_string<Arguments...> text, Arguments&&... values) {
  throw error(errc::bad_argument, "feature codec: " + fmt::format(text, std::forward<Arguments>(values)...));
}

void check_range(const char* name, int found, int highest) {
  if (found < 1 || found > highest) reject("{} is {}, expected 1 to {}", name, found, highest);
}

std::size_t plane_values(const feature_format& format) {
  return static_cast<std::size_t>(format.height) * static_cast<std::size_t>(format.width);
}

std::size_t map_values(const feature_format& format) {
  return static_cast<std::size_t>(format.channels) * plane_values(format);
}

level_planes planes_of(const feature_format& format, std::size_t selected) {
  return {.planes = selected,
          .height = static_cast<std::size_t>(format.height),
          .width = static_cast<std::size_t>(format.width),
          .bits = format.bits};
}

/// All of a format but the quantisers' values, which cost a pass over the channels.
void check_shape(const feature_format& format) {
  check_range("channel count", format.channels, 4096);
  check_range("height", format.height, 1024);
  check_range("width", format.width, 1024);
  if (static_cast<std::size_t>(format.channels) > max_feature_values / plane_values(format)) {
    reject("{} × {} × {} is too large a feature map, expected at most {} values", format.channels, format.height,
           format.width, max_feature_values);
  }
  if (!is_feature_bits(format.bits)) reject("bits is {}, expected 8, 4, 3 or 2", format.bits);
  if (format.quantisers.size() != static_cast<std::size_t>(format.channels)) {
    reject("{} quantisers, expected one for each of {} channels", format.quantisers.size(), format.channels);
  }
  if (!format.imputed.empty() && format.imputed.size() != format.quantisers.size()) {
    reject("{} imputed values, expected none or one for each of {} channels", format.imputed.size(), format.channels);
  }
  if (!format.covariance.empty() && format.covariance.size() != format.quantisers.size() * format.quantisers.size()) {
    reject("{} covariances, expected none or one for each of {} × {} channels", format.covariance.size(),
           format.channels, format.channels);
  }
}

void check_quantiser(const feature_format& format, std::size_t channel) {
  const channel_quantiser& quantiser = format.quantisers[channel];
  if (!std::isfinite(quantiser.lowest)) {
    reject("lowest of channel {} is {}, expected a finite number", channel, quantiser.lowest);
  }
  if (!(quantiser.step > 0.0F) || !std::isnormal(quantiser.step)) {
    reject("step of channel {} is {}, expected a normal number above 0", channel, quantiser.step);
  }
  const float highest = quantiser.lowest + static_cast<float>((1 << format.bits) - 1) * quantiser.step;
  if (!std::isfinite(highest)) reject("highest level of channel {} is {}, expected a finite number", channel, highest);
}

void check_map_size(const feature_format& format, std::size_t values) {
  if (values != map_values(format)) {
    reject("features hold {} values, expected {} ({} × {} × {})", values, map_values(format), format.channels,
           format.height, format.width);
  }
}

void check_selection(const feature_format& format, std::span<const std::uint16_t> selected) {
  if (selected.empty()) reject("no channel is selected, expected at least one; a task that sends none needs no frame");
  int previous = -1;
  for (const int channel : selected) {
    if (channel >= format.channels) reject("channel {} is selected, expected less than {}", channel, format.channels);
    if (channel <= previous)
      reject("channel {} is selected after channel {}, expected ascending order", channel, previous);
    previous = channel;
    check_quantiser(format, static_cast<std::size_t>(channel));
  }
}

/// Unused bits behind each plane must be 0, so that one feature map has one plain payload.
void check_padding(const feature_format& format, const frame_view& view, std::span<const std::byte> planes) {
  const std::size_t used_bits = plane_values(format) * static_cast<std::size_t>(format.bits) % 8;
  if (used_bits == 0) return;
  const std::size_t plane_bytes = planes.size() / view.selected;
  for (std::size_t i = 0; i < view.selected; ++i) {
    const auto last = std::to_integer<unsigned>(planes[(i + 1) * plane_bytes - 1]);
    if ((last >> used_bits) != 0) {
      throw error(errc::bad_frame,
                  fmt::format("feature frame: plane {} ends in byte {:#04x}, expected its upper {} bits to be 0", i,
                              last, 8 - used_bits));
    }
  }
}

}  // namespace

void check(const feature_format& format) {
  check_shape(format);
  for (std::size_t channel = 0; channel < format.quantisers.size(); ++channel) check_quantiser(format, channel);
  if (!format.covariance.empty() && !is_covariance(format.covariance, format.channels)) {
    reject(
        "the {0} × {0} covariances are not those of any channels, expected a symmetric matrix without negative "
        "eigenvalues",
        format.channels);
  }
}

void encode_features(const feature_format& format, std::span<const float> features,
                     std::span<const std::uint16_t> selected, std::vector<std::byte>& out) {
  check_shape(format);
  check_map_size(format, features.size());
  check_selection(format, selected);

  const std::size_t values = plane_values(format);
  const std::size_t plane_bytes = packed_bytes(values, format.bits);
  const std::size_t payload_at = frame_header_bytes + channel_set_bytes(format.channels, selected.size());
  std::size_t payload_bytes = selected.size() * plane_bytes;
  out.resize(payload_at + payload_bytes + frame_checksum_bytes);

  const quantise_kernel& kernel = runnable_kernels().front();
  std::byte* packed = out.data() + payload_at;
  for (const std::uint16_t channel : selected) {
    kernel.pack(format.bits, features.subspan(channel * values, values), format.quantisers[channel], packed);
    packed += plane_bytes;
  }

  bool entropy_coded = false;
  if (format.entropy_coding) {
    const auto compressed = compress_if_smaller(std::span<const std::byte>(out).subspan(payload_at, payload_bytes),
                                                planes_of(format, selected.size()));
    if (!compressed.empty()) {
      entropy_coded = true;
      payload_bytes = compressed.size();
      std::ranges::copy(compressed, out.begin() + static_cast<std::ptrdiff_t>(payload_at));
      out.resize(payload_at + payload_bytes + frame_checksum_bytes);
    }
  }
  seal_frame(format, selected, entropy_coded, payload_bytes, out);
}

std::vector<std::uint16_t> decode_features(const feature_format& format, std::span<const std::byte> frame,
                                           std::span<float> features) {
  check_shape(format);
  check_map_size(format, features.size());
  const frame_view view = open_frame(format, frame);
  const auto planes =
      view.entropy_coded ? decompress_exactly(view.payload, planes_of(format, view.selected)) : view.payload;
  check_padding(format, view, planes);
  auto channels = channels_of(view);
  for (const std::uint16_t channel : channels) check_quantiser(format, channel);

  const std::size_t values = plane_values(format);
  const std::size_t plane_bytes = packed_bytes(values, format.bits);
  const quantise_kernel& kernel = runnable_kernels().front();
  const std::byte* packed = planes.data();
  for (const std::uint16_t channel : channels) {
    kernel.unpack(format.bits, packed, format.quantisers[channel], features.subspan(channel * values, values));
    packed += plane_bytes;
  }
  impute(format, channels, features);
  return channels;
}

std::size_t max_frame_size(const feature_format& format, std::size_t selected) {
  check_shape(format);
  if (selected > static_cast<std::size_t>(format.channels)) {
    reject("{} selected channels, expected at most {}", selected, format.channels);
  }
  return frame_header_bytes + channel_set_bytes(format.channels, selected) + plain_payload_bytes(format, selected) +
         frame_checksum_bytes;
}

}  // namespace dvfo::inference
