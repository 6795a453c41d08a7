#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "actors/backend_interfaces.hpp"
#include "inference/error.hpp"

/// Models that cost nothing and whose output says what they were asked.
namespace dvfo::actors {

inline constexpr int fake_channels = 4;

/// 4 × 2 × 2, 8 bits, levels 0…255 as they are.
inline inference::feature_format fake_format() {
  inference::feature_format format;
  format.channels = fake_channels;
  format.height = 2;
  format.width = 2;
  format.bits = 8;
  format.quantisers.assign(fake_channels, {.lowest = 0.0F, .step = 1.0F});
  return format;
}

inline std::shared_ptr<const inference::any_input> fake_input(int side = 2) {
  inference::image image{.width = side, .height = side, .pixels = {}};
  image.pixels.assign(static_cast<std::size_t>(3 * side * side), 7);
  return std::make_shared<const inference::any_input>(std::move(image));
}

/// Channel c holds the value c + 1 everywhere; importance falls with c, so that the last channels are secondary.
inline inference::extraction fake_extraction() {
  std::vector<float> values;
  for (int c = 0; c < fake_channels; ++c) values.insert(values.end(), 4, static_cast<float>(c + 1));
  return {.features = inference::feature_map(std::move(values)), .importance = {0.4F, 0.3F, 0.2F, 0.1F}};
}

/// Occupies this thread for so long, as a model would. Only the benchmark uses it.
inline void compute_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) continue;
}

class fake_edge : public edge_backend {
 public:
  inference::extraction extract(const inference::any_input& asked) override {
    compute_for(extract_time);
    if (std::get<inference::image>(asked).width == bad_width)
      throw inference::error(inference::errc::bad_image, "this width is bad");
    return fake_extraction();
  }
  /// {share, number of primary channels}.
  std::vector<float> infer_local(const inference::feature_map& features, std::span<const std::uint16_t> primary,
                                 double share) override {
    compute_for(local_time);
    if (features.values().empty()) throw inference::error(inference::errc::bad_argument, "no features");
    return {static_cast<float>(share), static_cast<float>(primary.size())};
  }

  int bad_width = -1;
  std::chrono::microseconds extract_time{0};
  std::chrono::microseconds local_time{0};
};

class fake_cloud : public cloud_backend {
 public:
  /// {sum of all features, batch size}.
  std::vector<std::vector<float>> infer_remote(std::span<const std::vector<float>> features, double) override {
    compute_for(remote_time);
    if (is_broken) throw inference::error(inference::errc::bad_argument, "the model is broken");
    std::vector<std::vector<float>> out;
    for (const auto& map : features) {
      float sum = 0.0F;
      for (const float x : map) sum += x;
      out.push_back({sum, static_cast<float>(features.size())});
    }
    return out;
  }

  /// {first value of the picture, width, batch size}.
  std::vector<std::vector<float>> infer_whole(std::span<const inference::any_input> asked) override {
    compute_for(remote_time);
    if (is_broken) throw inference::error(inference::errc::bad_argument, "the model is broken");
    std::vector<std::vector<float>> out;
    for (const auto& each : asked) {
      const auto& picture = std::get<inference::image>(each);
      out.push_back({static_cast<float>(picture.pixels.at(0)), static_cast<float>(picture.width),
                     static_cast<float>(asked.size())});
    }
    return out;
  }

  bool is_broken = false;
  std::chrono::microseconds remote_time{0};
};

}  // namespace dvfo::actors
