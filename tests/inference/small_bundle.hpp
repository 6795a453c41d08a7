#pragma once

#include <memory>

#include "inference/bundle/manifest.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {

/// A ResNet-18 as small as it gets, for pictures of 16 pixels.
inline bundle_manifest small_manifest() {
  bundle_manifest out;
  out.name = "small";
  out.architecture = "resnet18";
  out.dataset = "procedural";
  out.recipe = "made by a test";
  out.held_back = 12;
  out.input_size = 16;
  out.base_width = 8;
  out.labels = {"a", "b", "c"};
  out.format = {.channels = 8, .height = 8, .width = 8, .bits = 2, .quantisers = {}};
  for (const double share : trained_shares) out.figures.push_back({share, 1.0 - share, 50.0});
  return out;
}

/// Networks with ranges, untrained: enough to be saved, loaded and run.
inline std::shared_ptr<model_bundle::weights> small_networks(const bundle_manifest& manifest) {
  torch::manual_seed(9);
  const auto net = architecture_of(manifest);
  auto out = std::make_shared<model_bundle::weights>();
  out->split = split_network(net, manifest.format.bits);
  out->reference = reference_network(net);
  out->fusions = untrained_fusions(static_cast<int>(manifest.labels.size()));
  torch::NoGradGuard no_gradient;
  out->split->imputed_local.copy_(torch::rand({manifest.format.channels}));
  out->split->imputed_remote.copy_(torch::arange(1, 9));  // far from 0, which would pass unseen
  out->split->quantiser->named_parameters()["step"].copy_(0.25 * torch::arange(1, 9));
  out->split->local->set_observing(true);
  const auto extracted = out->split->stage(torch::rand({8, 3, 16, 16}));
  for (std::size_t s = 0; s < trained_shares.size(); ++s) out->split(extracted, s);
  out->split->local->set_observing(false);
  out->split->eval();
  out->reference->eval();
  return out;
}

}  // namespace dvfo::inference
