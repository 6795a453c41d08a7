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

  /// One epoch's batches: shuffled, flipped at random, cropped at random after padding by `padding` pixels.
  class epoch {
   public:
    epoch(const image_store& store, std::size_t batch_size, std::uint64_t seed, std::uint64_t number, int padding);
    [[nodiscard]] std::size_t batches() const { return order_.size() / batch_size_; }
    [[nodiscard]] batch get(std::size_t index);

   private:
    const image_store& store_;
    std::size_t batch_size_;
    int padding_;
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
