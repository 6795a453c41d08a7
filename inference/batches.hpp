#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "inference/data/dataset.hpp"

namespace dvfo::inference {

/// A batch ready for a network.
struct batch {
  torch::Tensor images;  ///< [N, 3, S, S] float, 0…1
  torch::Tensor labels;  ///< [N] int64
};

/// A data set held in memory as bytes, cut into batches. Random crops and flips are a pure function of (seed, epoch),
/// so that a run resumed from a checkpoint sees the same images as one that never stopped.
class image_store {
 public:
  /// Reads images [first, last) of `source`.
  image_store(const dataset& source, std::size_t first, std::size_t last);

  [[nodiscard]] std::size_t size() const { return labels_.size(); }
  /// Side of an image in pixels.
  [[nodiscard]] int side() const { return side_; }
  /// Mean and standard deviation of each colour channel, [3] each, on the 0…1 scale.
  [[nodiscard]] std::pair<torch::Tensor, torch::Tensor> colour_statistics() const;

  /// Images [first, first + count) as they are (fewer at the end).
  [[nodiscard]] batch plain(std::size_t first, std::size_t count) const;

  /// `count` images of all classes in proportion (all, if there are fewer), whatever order they are in.
  [[nodiscard]] batch spread(std::size_t count) const;

  /// How an epoch changes its pictures; each is also mirrored or not.
  struct distortion {
    int padding = 0;          ///< pixels around a picture, of which a window of its own size is cut
    double crop_scale = 1.0;  ///< below 1, instead: a crop of at least this share of the area, scaled up to the whole
    int side = 0;  ///< of what comes out: a part of the picture, as large in it as it comes out; 0: the picture's own
  };

  /// One epoch's batches: shuffled and distorted at random.
  class epoch {
   public:
    epoch(const image_store& store, std::size_t batch_size, std::uint64_t seed, std::uint64_t number, distortion how);
    [[nodiscard]] std::size_t batches() const { return order_.size() / batch_size_; }
    [[nodiscard]] batch get(std::size_t index);

   private:
    void shift(std::size_t index, torch::Tensor& images) const;
    void crop(std::size_t index, torch::Tensor& images) const;
    [[nodiscard]] std::uint64_t seed_of_batch(std::size_t index) const;

    const image_store& store_;
    std::size_t batch_size_;
    distortion how_;
    std::uint64_t seed_;
    std::vector<std::size_t> order_;
  };

 private:
  friend class epoch;
  int side_;
  std::vector<std::uint8_t> pixels_;  // [N, 3, S, S]
  std::vector<std::int64_t> labels_;
};

}  // namespace dvfo::inference
