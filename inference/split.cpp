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
