#include "inference/batches.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace dvfo::inference {
namespace {

constexpr float pixel_scale = 1.0F / 255.0F;

/// std::shuffle differs between standard libraries; the same seed must give the same order everywhere.
void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

/// One channel plane moved by (dx, dy) and mirrored or not; what comes from outside is black.
void copy_plane(const std::uint8_t* from, float* to, int side, int dx, int dy, bool mirrored) {
  for (int y = 0; y < side; ++y) {
    const int source_y = y + dy;
    for (int x = 0; x < side; ++x) {
      const int source_x = (mirrored ? side - 1 - x : x) + dx;
      const bool inside = source_x >= 0 && source_x < side && source_y >= 0 && source_y < side;
      to[y * side + x] = inside ? static_cast<float>(from[source_y * side + source_x]) * pixel_scale : 0.0F;
    }
  }
}

}  // namespace

image_store::image_store(const dataset& source, std::size_t first, std::size_t last) : side_(source.image_size()) {
  const std::size_t bytes = 3 * static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_);
  pixels_.resize((last - first) * bytes);
  labels_.reserve(last - first);
  for (std::size_t i = first; i < last; ++i) {
    source.copy_pixels(i, std::span(pixels_).subspan((i - first) * bytes, bytes));
    labels_.push_back(source.label(i));
  }
}

std::pair<torch::Tensor, torch::Tensor> image_store::colour_statistics() const {
  const auto count = std::min<std::int64_t>(static_cast<std::int64_t>(size()), 10000);
  const auto bytes =
      torch::from_blob(const_cast<std::uint8_t*>(pixels_.data()), {count, 3, side_, side_}, torch::kByte);
  const auto values = bytes.to(torch::kFloat).mul_(pixel_scale).transpose(0, 1).flatten(1);
  return {values.mean(1), values.std(1)};
}

batch image_store::plain(std::size_t first, std::size_t count) const {
  const std::size_t last = std::min(first + count, size());
  const std::int64_t n = static_cast<std::int64_t>(last - first);
  const std::size_t bytes = 3 * static_cast<std::size_t>(side_) * static_cast<std::size_t>(side_);
  auto* start = const_cast<std::uint8_t*>(pixels_.data()) + first * bytes;
  auto* labels = const_cast<std::int64_t*>(labels_.data()) + first;
  return {torch::from_blob(start, {n, 3, side_, side_}, torch::kByte).to(torch::kFloat).mul_(pixel_scale),
          torch::from_blob(labels, {n}, torch::kLong).clone()};
}

batch image_store::spread(std::size_t count) const {
  count = std::min(count, size());
  std::vector<torch::Tensor> images;
  std::vector<torch::Tensor> labels;
  images.reserve(count);
  labels.reserve(count);
  std::vector<std::size_t> by_label(size());
  std::iota(by_label.begin(), by_label.end(), std::size_t{0});
  std::stable_sort(by_label.begin(), by_label.end(), [&](auto a, auto b) { return labels_[a] < labels_[b]; });
  for (std::size_t i = 0; i < count; ++i) {
    const auto each = plain(by_label[i * size() / count], 1);
    images.push_back(each.images);
    labels.push_back(each.labels);
  }
  return {torch::cat(images), torch::cat(labels)};
}

image_store::epoch::epoch(const image_store& store, std::size_t batch_size, std::uint64_t seed, std::uint64_t number,
                          distortion how)
    : store_(store), batch_size_(batch_size), how_(how), seed_(seed * 1000003 + number), order_(store.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::mt19937_64 random(seed_);
  shuffle(order_, random);
}

batch image_store::epoch::get(std::size_t index) {
  const auto n = static_cast<std::int64_t>(batch_size_);
  batch out{torch::empty({n, 3, store_.side_, store_.side_}), torch::empty({n}, torch::kLong)};
  if (how_.crop_scale < 1.0 || (how_.side > 0 && how_.side != store_.side_)) {
    crop(index, out.images);
  } else {
    shift(index, out.images);
  }
  for (std::size_t i = 0; i < batch_size_; ++i) {
    out.labels.data_ptr<std::int64_t>()[i] = store_.labels_[order_[index * batch_size_ + i]];
  }
  return out;
}

void image_store::epoch::shift(std::size_t index, torch::Tensor& images) const {
  const std::size_t plane = static_cast<std::size_t>(store_.side_) * static_cast<std::size_t>(store_.side_);
  std::mt19937_64 random(seed_of_batch(index));
  const auto any = [&] {
    return static_cast<int>(random() % static_cast<unsigned>(2 * how_.padding + 1)) - how_.padding;
  };
  for (std::size_t i = 0; i < batch_size_; ++i) {
    const std::size_t from = order_[index * batch_size_ + i];
    const int dx = any();
    const int dy = any();
    const bool mirrored = (random() & 1U) != 0;
    for (std::size_t c = 0; c < 3; ++c) {
      copy_plane(store_.pixels_.data() + (from * 3 + c) * plane, images.data_ptr<float>() + (i * 3 + c) * plane,
                 store_.side_, dx, dy, mirrored);
    }
  }
}

/// Area and aspect ratio of a crop as is usual for ImageNet (Szegedy et al. 2015, §6).
void image_store::epoch::crop(std::size_t index, torch::Tensor& images) const {
  constexpr double widest = 4.0 / 3.0;
  std::mt19937_64 random(seed_of_batch(index));
  const auto any = [&] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
  const std::int64_t side = how_.side > 0 ? how_.side : store_.side_;
  const double part = static_cast<double>(side) / store_.side_;  // of the whole's side, at the same scale
  const auto bytes = static_cast<std::size_t>(images[0].numel());
  auto windows = torch::zeros({images.size(0), 2, 3});
  for (std::size_t i = 0; i < batch_size_; ++i) {
    const double area = part * part * (how_.crop_scale + (1.0 - how_.crop_scale) * any());
    const double aspect = std::pow(widest, 2.0 * any() - 1.0);
    const double width = std::min(std::sqrt(area * aspect), 1.0);
    const double height = std::min(std::sqrt(area / aspect), 1.0);
    float* window = windows.data_ptr<float>() + i * 6;  // two rows of three
    window[2] = static_cast<float>((1.0 - width) * (2.0 * any() - 1.0));
    window[5] = static_cast<float>((1.0 - height) * (2.0 * any() - 1.0));
    window[0] = static_cast<float>((random() & 1U) != 0 ? -width : width);
    window[4] = static_cast<float>(height);
    const std::size_t from = order_[index * batch_size_ + i];
    std::transform(store_.pixels_.data() + from * bytes, store_.pixels_.data() + (from + 1) * bytes,
                   images.data_ptr<float>() + i * bytes,
                   [](std::uint8_t value) { return static_cast<float>(value) * pixel_scale; });
  }
  const auto grid = torch::affine_grid_generator(windows, {images.size(0), 3, side, side}, /*align_corners=*/false);
  images = torch::grid_sampler(images, grid,
                               /*interpolation_mode: bilinear*/ 0, /*padding_mode: border*/ 1,
                               /*align_corners=*/false);
}

std::uint64_t image_store::epoch::seed_of_batch(std::size_t index) const {
  return seed_ ^ (0x9E3779B97F4A7C15ULL * (index + 1));
}

}  // namespace dvfo::inference
