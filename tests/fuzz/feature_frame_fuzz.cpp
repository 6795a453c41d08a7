// Fuzz target of the feature codec. Any bytes must either be refused with error(bad_frame), leaving the features alone,
// or decode to features that encode and decode to themselves. Tried twice: as they came, and with the checksum made
// right, since no fuzzer guesses a checksum.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "inference/error.hpp"
#include "tests/fuzz/feature_frame_input.hpp"

namespace {

using dvfo::inference::decode_features;
using dvfo::inference::encode_features;
using dvfo::inference::errc;
using dvfo::inference::error;
using dvfo::inference::feature_format;
using dvfo::inference::max_frame_size;

constexpr float untouched = -12345.0F;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "feature_frame_fuzz: %s\n", what);
  std::abort();
}

void decode_and_judge(const feature_format& format, std::span<const std::byte> frame) {
  std::vector<float> features(static_cast<std::size_t>(format.channels * format.height * format.width), untouched);
  std::vector<std::uint16_t> channels;
  try {
    channels = decode_features(format, frame, features);
  } catch (const error& failure) {
    require(failure.code() == errc::bad_frame, "a frame was refused with another error than bad_frame");
    require(std::ranges::all_of(features, [](float value) { return value == untouched; }),
            "a refused frame left features");
    return;
  }
  require(frame.size() <= max_frame_size(format, channels.size()), "a frame above the upper bound was accepted");
  std::vector<std::byte> again;
  encode_features(format, features, channels, again);
  const bool entropy_coded = (std::to_integer<unsigned>(frame[1]) & 4U) != 0;
  if (entropy_coded && format.entropy_coding) {
    require(std::ranges::equal(again, frame), "an entropy-coded frame was accepted that no encoder writes");
  }
  std::vector<float> decoded(features.size(), untouched);
  require(decode_features(format, again, decoded) == channels, "channels changed on the second way");
  require(decoded == features, "features changed on the second way");
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto formats = dvfo::test::fuzz_formats();
  const feature_format& format = formats[data[0] % formats.size()];
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  decode_and_judge(format, input);
  std::vector<std::byte> sealed(input.begin(), input.end());
  dvfo::test::reseal(sealed);
  decode_and_judge(format, sealed);
  return 0;
}
