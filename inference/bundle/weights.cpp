#include "inference/bundle/weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

bool is_trunk_weight(const std::string& name) { return name.find("_weight") != std::string::npos; }

template <class Visit>
void visit_tensors(const std::string& prefix, const torch::nn::Module& module, const Visit& visit) {
  for (const auto& p : module.named_parameters()) visit(prefix + p.key(), p.value());
  for (const auto& b : module.named_buffers()) visit(prefix + b.key(), b.value());
}

template <class Visit>
void visit_networks(const model_bundle::weights& networks, const Visit& visit) {
  visit_tensors("split.", *networks.split, visit);
  visit_tensors("reference.", *networks.reference, visit);
  for (std::size_t i = 0; i < networks.fusions.size(); ++i) {
    visit_tensors(fmt::format("fusion{}.", i), *networks.fusions[i], visit);
  }
}

torch::Tensor expand(const torch::Tensor& steps, const torch::Tensor& like) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
  shape[0] = -1;
  return steps.view(shape);
}

/// The stored tensor `name`, as float32; int8 weights are multiplied with their steps.
torch::Tensor find(const named_tensors& tensors, const std::string& name) {
  const auto stored = tensors.find(name);
  if (stored == tensors.end())
    throw error(errc::bad_bundle,
                fmt::format("weights.bin has no tensor {}: it is of another model than manifest.toml", name));
  if (stored->second.scalar_type() != torch::kChar) return stored->second.to(torch::kFloat);
  const auto steps = tensors.find(name + ".step");
  const auto integers = stored->second.to(torch::kFloat);
  if (steps == tensors.end() || steps->second.dim() != 1 || steps->second.size(0) != integers.size(0)) {
    throw error(errc::bad_bundle, fmt::format("weights.bin: tensor {} lacks its steps, one for each of {} channels",
                                              name, integers.size(0)));
  }
  return integers * expand(steps->second, integers);
}

/// Whether the variants of a trunk, "split.local." or "split.remote.", have weights of their own.
bool has_parted_weights(const named_tensors& tensors, const char* trunk) {
  return std::any_of(tensors.begin(), tensors.end(), [trunk](const auto& each) {
    return each.first.starts_with(trunk) && each.first.ends_with("_weight1");
  });
}

/// Older bundles learned with zeros in place of channels that a half does not get, or with their mean alone; so the
/// tensors begin.
bool may_lack(const std::string& name) {
  return name.starts_with("split.imputed_") || name == "split.covariance_remote";
}

}  // namespace

named_tensors store(const model_bundle::weights& networks) {
  torch::NoGradGuard no_gradient;
  named_tensors out;
  visit_networks(networks, [&](const std::string& name, const torch::Tensor& value) {
    if (name.starts_with("split.local.") && is_trunk_weight(name)) {
      const auto steps = weight_scale(value);
      out[name] = torch::round(value / expand(steps, value)).clamp(-127, 127).to(torch::kChar);
      out[name + ".step"] = steps;
    } else if ((name.starts_with("split.remote.") || name.starts_with("reference.trunk.")) && is_trunk_weight(name)) {
      out[name] = value.to(torch::kBFloat16);
    } else {
      out[name] = value.to(torch::kFloat);
    }
  });
  return out;
}

std::shared_ptr<const model_bundle::weights> restore(const bundle_manifest& manifest, const named_tensors& tensors) {
  torch::NoGradGuard no_gradient;
  const auto net = architecture_of(manifest);
  auto networks = std::make_shared<model_bundle::weights>();
  networks->split = split_network(net, manifest.format.bits);
  if (has_parted_weights(tensors, "split.local.")) networks->split->local->part_weights();
  if (has_parted_weights(tensors, "split.remote.")) networks->split->remote->part_weights();
  networks->reference = reference_network(net);
  networks->fusions = untrained_fusions(static_cast<int>(manifest.labels.size()));
  std::size_t used = 0;
  visit_networks(*networks, [&](const std::string& name, torch::Tensor target) {
    if (may_lack(name) && !tensors.contains(name)) return;
    const auto value = find(tensors, name);
    if (value.sizes() != target.sizes()) {
      throw error(errc::bad_bundle, fmt::format("weights.bin: tensor {} has shape {}, expected {} from manifest.toml",
                                                name, c10::str(value.sizes()), c10::str(target.sizes())));
    }
    if (!value.isfinite().all().item<bool>())
      throw error(errc::bad_bundle, fmt::format("weights.bin: tensor {} holds NaN or infinity", name));
    target.copy_(value);
    used += tensors.contains(name + ".step") ? 2 : 1;
  });
  if (used != tensors.size())
    throw error(errc::bad_bundle, fmt::format("weights.bin holds {} tensors, expected {}", tensors.size(), used));
  networks->split->eval();
  networks->reference->eval();
  return networks;
}

feature_format learned_format(feature_format shape, const split_network& split) {
  const auto steps = split->quantiser->steps().to(torch::kCPU);
  const auto imputed = split->imputed_remote.detach().to(torch::kCPU);
  shape.quantisers.clear();
  const auto covariance = split->covariance_remote.to(torch::kCPU).contiguous();
  shape.imputed.clear();
  shape.covariance.clear();
  for (int c = 0; c < shape.channels; ++c) {
    shape.quantisers.push_back({0.0F, steps[c].item<float>()});
    shape.imputed.push_back(imputed[c].item<float>());
  }
  if (covariance.any().item<bool>()) {
    const auto* first = covariance.data_ptr<float>();
    shape.covariance.assign(first, first + covariance.numel());
  }
  try {
    check(shape);
  } catch (const error& unusable) {
    throw error(errc::bad_bundle, fmt::format("weights.bin: {}", unusable.what()));
  }
  return shape;
}

}  // namespace dvfo::inference
