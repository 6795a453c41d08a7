#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

/// An architecture as data: a list of operators that several executors interpret (float training, float and int8
/// inference, cost descriptors). An architecture's file builds graphs and knows nothing of LibTorch.
namespace dvfo::inference {

/// What an operator makes for one input. Tokens and frames lie along the width, with height 1; a vector has one
/// position.
struct shape {
  int channels = 0;
  int height = 1;
  int width = 1;

  [[nodiscard]] int positions() const { return height * width; }
  friend bool operator==(const shape&, const shape&) = default;
};

/// Height and width of a kernel or of a rim of padding; a plain number is a square.
struct window {
  int height = 1;
  int width = 1;

  constexpr window(int side) : height(side), width(side) {}  // NOLINT(google-explicit-constructor): `.kernel = 3`
  constexpr window(int rows, int columns) : height(rows), width(columns) {}
  friend bool operator==(const window&, const window&) = default;
};

enum class activation : std::uint8_t {
  none,
  relu,
  relu6,       ///< min(max(x, 0), 6)
  relu20,      ///< min(max(x, 0), 20), DeepSpeech's
  leaky_relu,  ///< 0.1 · x below 0, as darknet has it
  silu,
  gelu,
  sigmoid,
};

/// How the rim of a map is treated by a kernel that slides over it.
enum class padding : std::uint8_t {
  same,      ///< half an odd kernel on every side: ⌈side / stride⌉ positions
  trailing,  ///< as many positions, but only the zeros that are needed, the odd one right and below (TensorFlow)
  valid,     ///< none: the kernel stays inside
};

enum class op_kind : std::uint8_t {
  input,           ///< the graph's only input, never slimmed
  conv,            ///< convolution over all channels, then normalisation or a bias, then the activation
  depthwise,       ///< the same, every channel by itself
  add,             ///< sum of two equal shapes, then the activation
  scale,           ///< a map times one factor a channel (squeeze and excitation)
  activate,        ///< the activation by itself
  max_pool,        ///< largest of a window; padding never wins
  average_pool,    ///< mean of a window, padding not counted
  global_average,  ///< mean over height and width
  concat,          ///< channels of several maps one after the other
  upsample,        ///< nearest neighbour, to the height and width of a second operator's output
  linear,          ///< fully connected over the channels of every position, with bias, then the activation
  sequence,        ///< the positions of a map as a sequence, row by row
  class_token,     ///< a learned token put in front, a learned position added to all (ViT)
  first_token,     ///< the first of a sequence, as a vector
  layer_norm,      ///< normalisation over the channels of every position, with scale and shift
  attention,       ///< softmax(Q·Kᵀ / √d)·V, head by head, of queries, keys and values made by a linear operator
  lstm,            ///< one direction along the sequence
};

/// For error texts and tables.
std::string_view name_of(op_kind kind);

struct op {
  op_kind kind = op_kind::input;
  std::vector<int> from = {};  ///< indices of earlier operators
  shape out = {};              ///< at width 1
  window kernel = 1;
  int stride = 1;
  padding rim = padding::same;
  window before = 0;  ///< padding above and left …
  window after = 0;   ///< … and below and right, which `rim` comes to
  activation then = activation::none;
  bool normalised = false;  ///< batch normalisation in place of a bias
  double first_shift = 0;   ///< of that normalisation, before training
  int step = 0;             ///< operators with weights: slimmed to multiples of it; 0: never slimmed
  int head_size = 0;        ///< attention: channels of a head
  int weights_of = -1;      ///< the operator whose weights this one uses; −1: its own
};

/// A run of consecutive channels.
struct channel_range {
  int first = 0;
  int count = 0;
  friend bool operator==(const channel_range&, const channel_range&) = default;
};

struct convolution {
  int channels = 0;
  window kernel = 1;
  int stride = 1;
  activation then = activation::none;
  padding rim = padding::same;
  bool normalised = true;
  int step = 1;            ///< see op
  double first_shift = 0;  ///< see op
};

struct dense {
  int channels = 0;
  activation then = activation::none;
  int step = 0;  ///< see op
};

struct pooling {
  window kernel = 2;
  int stride = 2;
  padding rim = padding::trailing;
};

/// Operators in execution order. Every building function returns the new operator's index and throws
/// error(bad_argument) where shapes do not fit, naming the operator and what it found.
class graph {
 public:
  int input(const shape& map);
  int conv(int from, const convolution& how);
  int depthwise(int from, convolution how);  ///< `how.channels` is taken from the input
  int add(int a, int b, activation then = activation::none);
  int scale(int map, int factors);
  int activate(int from, activation then);
  int max_pool(int from, const pooling& how);
  int average_pool(int from, const pooling& how);
  int global_average(int from);
  int concat(const std::vector<int>& from);
  int upsample(int from, int like);
  int linear(int from, const dense& how);
  int sequence(int from);
  int class_token(int from);
  int first_token(int from);
  int layer_norm(int from);
  /// `from`: queries, keys and values head by head, so that fewer heads are fewer leading channels.
  int attention(int from, int head_size);
  int lstm(int from, int units);
  /// The operator `owner` once more, with its weights, on another input.
  int again(int owner, int from);

  /// Marks an operator as one of the graph's outputs. Without any the last operator is the only one.
  void output(int index);
  [[nodiscard]] std::vector<int> outputs() const;

  [[nodiscard]] const std::vector<op>& ops() const { return ops_; }
  [[nodiscard]] const op& at(int index) const { return ops_[static_cast<std::size_t>(index)]; }

  /// Channels of an operator's output at `width` (0, 1]: inputs and final classifiers keep theirs, all others keep that
  /// share.
  [[nodiscard]] int channels_at(int index, double width) const;
  /// The same as ranges of the channels at width 1: one leading range, or one of every part of a concatenation.
  [[nodiscard]] std::vector<channel_range> kept(int index, double width) const;

 private:
  int push(op next);
  int slide(op next, int channels);  // places a kernel and pushes
  int follow(op_kind kind, std::vector<int> from, activation then = activation::none);

  std::vector<op> ops_;
  std::vector<int> outputs_;
};

}  // namespace dvfo::inference
