#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "actors/backend_interfaces.hpp"

/// The real models behind the actors' interfaces. Only compositions include this: it needs LibTorch at the link.
namespace dvfo::actors {

/// The real edge model as a backend.
class edge_model_backend final : public edge_backend {
 public:
  explicit edge_model_backend(inference::edge_model model) : model_(std::move(model)) {}
  inference::extraction extract(const inference::any_input& asked) override { return model_.extract(asked); }
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
  std::vector<std::vector<float>> infer_whole(std::span<const inference::any_input> asked) override {
    return model_.infer_whole(asked);
  }

 private:
  inference::cloud_model model_;
};

/// Makes models of this bundle for spawn_cloud_actors.
inline std::function<std::shared_ptr<cloud_backend>()> cloud_models(inference::model_bundle bundle,
                                                                    inference::backend where) {
  return [bundle = std::move(bundle), where] {
    return std::make_shared<cloud_model_backend>(inference::cloud_model(bundle, where));
  };
}

}  // namespace dvfo::actors
