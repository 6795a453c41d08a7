#include "inference/layers/split_network.hpp"

#include <algorithm>
#include <string>

#include "inference/layers/imputation.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {
namespace {

constexpr double covariance_momentum = 0.02;  // weight of the newest batch; slower than normalisations': C² values

/// Copies every tensor of `from` into the tensor of the same name in `to`; names that end in a variant's number take
/// variant 0's, cut to shape.
void copy_variants(const torch::nn::Module& from, torch::nn::Module& to) {
  torch::NoGradGuard no_gradient;
  const auto copy = [](const torch::OrderedDict<std::string, torch::Tensor>& source,
                       torch::OrderedDict<std::string, torch::Tensor> target) {
    for (auto& entry : target) {
      std::string name = entry.key();
      if (const char last = name.back(); last >= '1' && last <= '9') name.back() = '0';
      torch::Tensor value = *source.find(name);
      for (std::int64_t d = 0; d < value.dim(); ++d) value = value.narrow(d, 0, entry.value().size(d));
      entry.value().copy_(value);
    }
  };
  copy(from.named_parameters(), to.named_parameters());
  copy(from.named_buffers(), to.named_buffers());
}

}  // namespace

void copy_tensors(const torch::nn::Module& from, torch::nn::Module& to) {
  torch::NoGradGuard no_gradient;
  for (auto& entry : to.named_parameters()) entry.value().copy_(*from.named_parameters().find(entry.key()));
  for (auto& entry : to.named_buffers()) entry.value().copy_(*from.named_buffers().find(entry.key()));
}

front_impl::front_impl(const architecture& net)
    : mean_(register_buffer("mean", torch::zeros({3}))),
      deviation_(register_buffer("deviation", torch::ones({3}))),
      extractor_(register_module("extractor", network(net.extractor, std::vector<double>{1.0}))),
      attention_(register_module("scam", scam(net.features.channels))) {}

void front_impl::set_colour_statistics(const torch::Tensor& mean, const torch::Tensor& deviation) {
  torch::NoGradGuard no_gradient;
  mean_.copy_(mean);
  deviation_.copy_(deviation);
}

attended front_impl::forward(const torch::Tensor& images) {
  const auto normalised = (images - mean_.view({1, 3, 1, 1})) / deviation_.view({1, 3, 1, 1});
  return attention_(extractor_(normalised, 0));
}

reference_network_impl::reference_network_impl(const architecture& net)
    : stage(register_module("front", front(net))),
      trunk(register_module("trunk", network(net.trunk, std::vector<double>{1.0}))) {}

torch::Tensor reference_network_impl::forward(const torch::Tensor& images) { return trunk(stage(images).features, 0); }

split_network_impl::split_network_impl(const architecture& net, int feature_bits)
    : stage(register_module("front", front(net))),
      quantiser(register_module("quantiser", feature_quantiser(net.features.channels, feature_bits))),
      imputed_local(register_parameter("imputed_local", torch::zeros({net.features.channels}))),
      imputed_remote(register_parameter("imputed_remote", torch::zeros({net.features.channels}))),
      covariance_remote(
          register_buffer("covariance_remote", torch::zeros({net.features.channels, net.features.channels}))),
      local(register_module("local", network(net.trunk, std::vector<double>{1.0, 0.75, 0.5, 0.25}))),
      remote(register_module("remote", network(net.trunk, std::vector<double>{1.0, 1.0, 1.0, 1.0}))),
      blend_(register_parameter("blend", torch::zeros({static_cast<std::int64_t>(trained_shares.size()) - 2}))) {}

void split_network_impl::start_from(const reference_network& reference) {
  copy_variants(*reference->stage, *stage);
  copy_variants(*reference->trunk, *local);
  copy_variants(*reference->trunk, *remote);
}

void split_network_impl::start_imputation(const attended& sample) {
  torch::NoGradGuard no_gradient;
  const auto sent = secondary_mask(sample.importance, 0.5).to(torch::kFloat);
  const auto means = sample.features.mean({2, 3});
  const auto count = sent.sum(0);
  imputed_local.copy_(torch::where(count > 0, (means * sent).sum(0) / count.clamp_min(1), means.mean(0)));
  const auto received = quantiser(sample.features);
  imputed_remote.copy_(received.mean({0, 2, 3}));
  covariance_remote.copy_(channel_covariance(received));
}

split_network_impl::halves split_network_impl::forward(const attended& extracted, std::size_t share_index) {
  const double share = trained_shares[share_index];
  halves out;
  if (share < 1.0) out.local = answer_locally(extracted, share_index);
  if (share > 0.0) out.remote = remote->explained(receive(extracted, share_index), share_index - 1);
  return out;
}

torch::Tensor split_network_impl::kept(const attended& extracted, std::size_t share_index) {
  const auto sent = secondary_mask(extracted.importance, trained_shares[share_index]);
  const auto values = imputed_local.view({1, -1, 1, 1}).to(extracted.features.scalar_type());
  return torch::where(sent.unsqueeze(2).unsqueeze(3), values, extracted.features);
}

network_impl::answer split_network_impl::answer_locally(const attended& extracted, std::size_t share_index) {
  return local->explained(kept(extracted, share_index), share_index);
}

torch::Tensor split_network_impl::receive(const attended& extracted, std::size_t share_index) {
  const auto levels = quantiser(extracted.features);
  const auto sent = secondary_mask(extracted.importance, trained_shares[share_index]);
  if (sent.all().item<bool>()) return levels;
  if (is_training()) covariance_remote.lerp_(channel_covariance(levels), covariance_momentum);
  return impute(levels, ~sent, imputed_remote, covariance_remote);
}

torch::Tensor split_network_impl::blend(const halves& answers, std::size_t share_index) {
  const auto lambda = torch::sigmoid(blend_[static_cast<std::int64_t>(share_index) - 1]);
  return lambda * answers.local.logits.to(torch::kFloat) + (1.0 - lambda) * answers.remote.logits.to(torch::kFloat);
}

}  // namespace dvfo::inference
