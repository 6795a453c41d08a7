#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inference/backend.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/tasks/kinds.hpp"

/// What the upper floors see of a model: no LibTorch type appears here.
namespace dvfo::inference {

class model_bundle;

/// Feature map [C, H, W] of one image, float, after attention (DVFO §5.2). A cheap handle: copies share the immutable
/// values.
class feature_map {
 public:
  feature_map() = default;
  explicit feature_map(std::vector<float> values)
      : values_(std::make_shared<const std::vector<float>>(std::move(values))) {}
  [[nodiscard]] std::span<const float> values() const {
    return values_ ? std::span<const float>(*values_) : std::span<const float>();
  }

 private:
  std::shared_ptr<const std::vector<float>> values_;
};

/// Features of one image and how important SCAM finds each channel (x ~ p(a), sum 1; DVFO §5.2).
struct extraction {
  feature_map features;
  std::vector<float> importance;
};

/// Channels kept on the edge and channels sent away, both ascending; together every channel once.
struct channel_split {
  std::vector<std::uint16_t> primary;
  std::vector<std::uint16_t> secondary;
};

/// Splits by importance: round(share · C) channels of least importance become secondary (ties: the higher index goes).
/// At share 0 nothing is sent, at share 1 everything. Throws error(bad_argument) unless 0 ≤ share ≤ 1.
channel_split split_channels(std::span<const float> importance, double share);

/// fused = λ · local + (1 − λ) · remote on logits (DVFO §5.3, rulings: at share 0 local alone, at share 1 remote alone;
/// both are the caller's business). Sizes must agree, else error(bad_argument).
std::vector<float> fuse_weighted(std::span<const float> local, std::span<const float> remote, double lambda);

/// The edge's half: extractor, SCAM and the slimmable int8 local DNN. Not thread-safe: one owner (a detached actor) at
/// a time.
class edge_model {
 public:
  /// Prepares every width's execution. Throws error(bad_bundle), error(bad_argument) for a backend that is not there.
  explicit edge_model(const model_bundle& bundle, backend where = backend::cpu_int8);
  ~edge_model();
  edge_model(edge_model&&) noexcept;
  edge_model& operator=(edge_model&&) noexcept;

  /// A picture may be of any size: it is resized and centre-cropped to the bundle's input size.
  [[nodiscard]] extraction extract(const any_input& asked);

  /// Logits [classes] of the local DNN from the primary channels alone, at the width that belongs to `share` (1 −
  /// share, on the grid 1, ¾, ½, ¼; share 1 has no local half and is an error(bad_argument)).
  [[nodiscard]] std::vector<float> infer_local(const feature_map& features, std::span<const std::uint16_t> primary,
                                               double share);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The cloud's half: the benchmark DNN without its first stage, in float or half float; and the whole of it, for those
/// who send the input itself. Not thread-safe: one worker owns one instance.
class cloud_model {
 public:
  /// Throws error(bad_argument) for a backend that is not there.
  explicit cloud_model(const model_bundle& bundle, backend where = backend::cpu_int8);
  ~cloud_model();
  cloud_model(cloud_model&&) noexcept;
  cloud_model& operator=(cloud_model&&) noexcept;

  /// Logits [classes] of each feature map [C, H, W] in a batch whose tasks share one grid share (grid_share below).
  [[nodiscard]] std::vector<std::vector<float>> infer_remote(std::span<const std::vector<float>> features,
                                                             double share);

  /// Logits [classes] of each input by the unsplit network (the bundle's reference), in a batch. Inputs are prepared as
  /// edge_model::extract does it. The first call prepares that network.
  [[nodiscard]] std::vector<std::vector<float>> infer_whole(std::span<const any_input> asked);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The trained share nearest to `share`: 0, ¼, ½, ¾ or 1 — but never 0 unless share is 0, nor 1 unless share is 1,
/// because the halves that exist differ there.
double grid_share(double share);

/// Prepares this process to run single images rather than large batches; call it first thing, before there is a second
/// thread. It caps oneDNN at AVX-512 VNNI unless the user's ONEDNN_MAX_CPU_ISA says otherwise: with AMX, oneDNN asks
/// the processor what it is before every small convolution, which on a virtual machine costs some 20 µs each
/// (docs/performance.md). Training does not call it.
void prepare_for_single_images();

/// LibTorch's threads inside one operator, for the calling thread and those that start after it; call it before the
/// first model is made.
void set_intra_op_threads(int threads);

}  // namespace dvfo::inference
