#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "inference/image.hpp"
#include "inference/model.hpp"

/// The models as the actors see them: an interface, so that actors are tested without LibTorch.
namespace dvfo::actors {

/// The edge's half; see inference::edge_model. Used by one thread at a time.
class edge_backend {
 public:
  virtual ~edge_backend() = default;
  virtual inference::extraction extract(const inference::image& picture) = 0;
  virtual std::vector<float> infer_local(const inference::feature_map& features, std::span<const std::uint16_t> primary,
                                         double share) = 0;
};

/// The cloud's half; see inference::cloud_model. Used by one thread at a time.
class cloud_backend {
 public:
  virtual ~cloud_backend() = default;
  virtual std::vector<std::vector<float>> infer_remote(std::span<const std::vector<float>> features, double share) = 0;
};

/// The real edge model as a backend.
class edge_model_backend final : public edge_backend {
 public:
  explicit edge_model_backend(inference::edge_model model) : model_(std::move(model)) {}
  inference::extraction extract(const inference::image& picture) override { return model_.extract(picture); }
  std::vector<float> infer_local(const inference::feature_map& features, std::span<const std::uint16_t> primary,
                                 double share) override {
    return model_.infer_local(features, primary, share);
  }

 private:
  inference::edge_model model_;
};

/// The real cloud model as a backend.
class cloud_model_backend final : public cloud_backend {
 public:
  explicit cloud_model_backend(inference::cloud_model model) : model_(std::move(model)) {}
  std::vector<std::vector<float>> infer_remote(std::span<const std::vector<float>> features, double share) override {
    return model_.infer_remote(features, share);
  }

 private:
  inference::cloud_model model_;
};

}  // namespace dvfo::actors
