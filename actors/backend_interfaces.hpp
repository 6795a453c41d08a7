#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "inference/model.hpp"
#include "inference/tasks/task.hpp"

/// The models as the actors see them: an interface, so that actors are tested without LibTorch.
namespace dvfo::actors {

/// The edge's half; see inference::edge_model. Used by one thread at a time.
class edge_backend {
 public:
  virtual ~edge_backend() = default;
  virtual inference::extraction extract(const inference::any_input& asked) = 0;
  virtual std::vector<float> infer_local(const inference::feature_map& features, std::span<const std::uint16_t> primary,
                                         double share) = 0;
};

/// The cloud's half, and the unsplit network; see inference::cloud_model. Used by one thread at a time.
class cloud_backend {
 public:
  virtual ~cloud_backend() = default;
  virtual std::vector<std::vector<float>> infer_remote(std::span<const std::vector<float>> features, double share) = 0;
  virtual std::vector<std::vector<float>> infer_whole(std::span<const inference::any_input> asked) = 0;
};

/// A simulated board under the edge's half: makes every pass last as long as on the board. Used by local_inference's
/// thread alone.
class board_pacer {
 public:
  enum class part : std::uint8_t { front, local };

  /// How long the pass took the board, and how much longer it took this host.
  struct pass {
    double seconds = 0.0;
    double overrun_seconds = 0.0;
  };

  virtual ~board_pacer() = default;
  /// A pass starts now; `share` chooses the local DNN's width.
  virtual void begin(part which, double share) = 0;
  /// It has been computed. Returns when the board would have it, too.
  virtual pass finish() = 0;
};

}  // namespace dvfo::actors
