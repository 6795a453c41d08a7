#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "policy/agent/action_space.hpp"

namespace dvfo::policy {

/// Sizes of a Q-network: a trunk of rectified layers (DVFO §6.1: 128, 64, 32) and one linear layer of outputs.
struct q_shape {
  int inputs = 0;
  std::vector<int> hidden = {128, 64, 32};  ///< each a multiple of 16, so that no vector is left half full
  int outputs = 0;
  friend bool operator==(const q_shape&, const q_shape&) = default;
};

/// A Q-network whose parameters lie in one array, so that copying, clipping and Adam are one loop each. Forwards and
/// backwards are written by hand, because layers this small leave much of a general library's time outside its kernels
/// (bench/dqn compares it with PyTorch). Not thread-safe while parameters change.
class q_network {
 public:
  /// Buffers of one batch; made once, used over and over. `rows` observations go through at a time.
  struct batch {
    int rows = 0;
    std::vector<float> input;                ///< rows × inputs, filled by the caller
    std::vector<std::vector<float>> hidden;  ///< rows × the layer's size, filled by trunk()
    std::vector<std::vector<float>> slope;   ///< d loss / d hidden, scratch of backward()
    std::vector<float> outputs;              ///< rows × output_row(), filled by outputs()
    std::vector<float> turned;               ///< weights turned round, scratch
  };

  /// Weights as He et al. 2015 draw them, biases 0; the output layer a hundredth of that, so that no action starts as a
  /// favourite. Throws std::invalid_argument for sizes that cannot be.
  q_network(const q_shape& shape, std::uint64_t seed);

  [[nodiscard]] const q_shape& shape() const { return shape_; }
  [[nodiscard]] std::span<const float> parameters() const { return parameters_; }
  [[nodiscard]] std::span<float> parameters() { return parameters_; }
  [[nodiscard]] int output_row() const { return output_row_; }
  [[nodiscard]] batch make_batch(int rows) const;

  /// Input to last hidden layer. Allocates nothing.
  void trunk(batch& at) const noexcept;

  /// Every output, after trunk(). Allocates nothing.
  void outputs(batch& at) const noexcept;

  /// Sum of some outputs of one row, after trunk(): cheaper than all of them.
  [[nodiscard]] float value(const batch& at, int row, std::span<const int> active) const noexcept;

  /// After trunk(): adds nothing, overwrites `gradient` (as long as parameters()) with the sum over all rows of
  /// slopes[row] · d(sum of the row's active outputs)/d parameters. `active` holds `active_count` outputs a row.
  void backward(batch& at, std::span<const float> slopes, std::span<const int> active, int active_count,
                std::span<float> gradient) const noexcept;

 private:
  struct layer {
    int inputs = 0;
    int outputs = 0;
    std::size_t weights = 0;  // where they begin; hidden layers: a row an input, the output layer: a row an output
    std::size_t biases = 0;
  };

  [[nodiscard]] const float* at(std::size_t place) const { return parameters_.data() + place; }

  q_shape shape_;
  std::vector<layer> layers_;  // hidden ones, then the outputs
  std::vector<float> parameters_;
  int output_row_;
};

}  // namespace dvfo::policy
