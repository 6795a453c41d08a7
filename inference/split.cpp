#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "inference/error.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {

channel_split split_channels(std::span<const float> importance, double share) {
  if (!(share >= 0.0 && share <= 1.0)) {
    throw error(errc::bad_argument, fmt::format("share is {}, expected 0 to 1", share));
  }
  std::vector<std::uint16_t> order(importance.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return importance[a] > importance[b]; });
  const auto sent = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(importance.size())));
  channel_split out;
  out.primary.assign(order.begin(), order.end() - sent);
  out.secondary.assign(order.end() - sent, order.end());
  std::sort(out.primary.begin(), out.primary.end());
  std::sort(out.secondary.begin(), out.secondary.end());
  return out;
}

std::vector<float> softmax(std::span<const float> logits) {
  if (logits.empty()) return {};
  const double highest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights;
  weights.reserve(logits.size());
  for (const float x : logits) weights.push_back(std::exp(static_cast<double>(x) - highest));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<float> out;
  out.reserve(weights.size());
  for (const double w : weights) out.push_back(static_cast<float>(w / total));
  return out;
}

std::size_t argmax(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

std::vector<float> fuse_weighted(std::span<const float> local, std::span<const float> remote, double lambda) {
  if (local.size() != remote.size()) {
    throw error(errc::bad_argument,
                fmt::format("cannot fuse {} local with {} remote logits", local.size(), remote.size()));
  }
  std::vector<float> out(local.size());
  std::transform(local.begin(), local.end(), remote.begin(), out.begin(),
                 [&](float a, float b) { return static_cast<float>(lambda * a + (1.0 - lambda) * b); });
  return out;
}

double grid_share(double share) {
  if (share <= 0.0) return 0.0;
  if (share >= 1.0) return 1.0;
  constexpr double steps = trained_shares.size() - 1;
  return std::clamp(std::round(share * steps) / steps, trained_shares[1], trained_shares[trained_shares.size() - 2]);
}

}  // namespace dvfo::inference
