#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dvfo::inference {

/// Affine quantiser of one feature channel, learned in training and kept in the bundle, so that it costs nothing on the
/// wire: level q in [0, 2^bits) stands for lowest + q · step. x gets the level clamp(nearbyint((x − lowest) ·
/// (1/step)), 0, 2^bits − 1), ties to even; values outside are clamped, NaN becomes level 0. The highest level must
/// stand for a finite number.
struct channel_quantiser {
  float lowest = 0.0F;  ///< finite
  float step = 1.0F;    ///< > 0 and normal, so that 1/step is finite
};

/// Values that a feature map may hold at most (1 GiB of floats), so that every length fits the frame's fields.
inline constexpr std::size_t max_feature_values = std::size_t{1} << 28;

/// Whether the codec knows values of `bits` bits.
constexpr bool is_feature_bits(int bits) { return bits == 8 || bits == 4 || bits == 3 || bits == 2; }

/// What both ends of a link agree on through their bundle: shape of the feature map and its quantisation.
struct feature_format {
  int channels = 0;                           ///< C, 1…4096
  int height = 0;                             ///< H, 1…1024
  int width = 0;                              ///< W, 1…1024
  int bits = 8;                               ///< 8, 4, 3 or 2 per value
  std::vector<channel_quantiser> quantisers;  ///< one per channel
  std::vector<float> imputed = {};            ///< what stands for a channel that is not sent (its mean); empty: 0
  std::vector<float> covariance = {};  ///< [C, C] between channels, to estimate that one from those sent; empty: none
  bool entropy_coding = true;          ///< whether the encoder tries it; every frame decodes
};

/// Throws error(bad_argument) naming the first field that is out of its range. Encoder and decoder check the same (the
/// quantisers of the channels in the frame), so that callers need it only to judge a format that they have just read.
void check(const feature_format& format);

/// Encodes the channels named by `selected` (strictly ascending, each < C, at least one) of a float feature map laid
/// out [C, H, W] into one self-contained frame (docs/feature-frame.md). Replaces `out`'s content and reuses its
/// capacity: no allocation once warm (the entropy stage keeps its buffers per thread). Throws error(bad_argument) on a
/// selection or span that does not fit, before `out` is touched. Thread-safe.
void encode_features(const feature_format& format, std::span<const float> features,
                     std::span<const std::uint16_t> selected, std::vector<std::byte>& out);

/// Decodes a frame into `features` [C, H, W]; channels that are not in the frame are imputed from those that are
/// (codec/imputation.hpp). Returns the channels that the frame carries, ascending. Everything is checked before
/// anything is allocated or written; a frame that fails throws error(bad_frame) saying which check, what was found and
/// what was expected, and leaves `features` untouched. Thread-safe.
std::vector<std::uint16_t> decode_features(const feature_format& format, std::span<const std::byte> frame,
                                           std::span<float> features);

/// Upper bound of a frame's size in bytes for `selected` channels (0…C), headers included: its size without entropy
/// coding, which is used only where it is smaller. Throws error(bad_argument).
std::size_t max_frame_size(const feature_format& format, std::size_t selected);

}  // namespace dvfo::inference
