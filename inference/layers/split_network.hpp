#pragma once

#include <torch/torch.h>

#include "inference/architectures/architecture.hpp"
#include "inference/layers/feature_quantiser.hpp"
#include "inference/layers/network.hpp"
#include "inference/layers/scam.hpp"

namespace dvfo::inference {

/// The edge's first stage in float: colour normalisation, extractor, SCAM.
class front_impl : public torch::nn::Module {
 public:
  explicit front_impl(const architecture& net);
  /// `images`: [N, 3, S, S], 0…1.
  attended forward(const torch::Tensor& images);
  /// `mean`, `deviation`: [3] each, of the training images.
  void set_colour_statistics(const torch::Tensor& mean, const torch::Tensor& deviation);

  [[nodiscard]] const torch::Tensor& mean() const { return mean_; }
  [[nodiscard]] const torch::Tensor& deviation() const { return deviation_; }
  [[nodiscard]] const network& extractor() const { return extractor_; }
  [[nodiscard]] const scam& attention() const { return attention_; }

 private:
  torch::Tensor mean_, deviation_;
  network extractor_{nullptr};
  scam attention_{nullptr};
};
TORCH_MODULE_IMPL(front, front_impl);

/// The unsplit float model of the same architecture: whole features, no quantiser. It is trained by itself first; every
/// loss in points is measured against it.
class reference_network_impl : public torch::nn::Module {
 public:
  explicit reference_network_impl(const architecture& net);
  /// Logits [N, classes].
  torch::Tensor forward(const torch::Tensor& images);

  front stage{nullptr};
  network trunk{nullptr};
};
TORCH_MODULE_IMPL(reference_network, reference_network_impl);

/// The collaborative model (DVFO §4.1, §5.2): one front, the feature quantiser, the slimmable local trunk and the
/// remote trunk. In place of a channel that it does not get the local half sees a learned value, at first the mean, the
/// remote half the best estimate from those that it does get: which channels those are changes from picture to picture,
/// and zeros would change its inputs' means with them. The edge does not estimate: it would pay for it with energy.
class split_network_impl : public torch::nn::Module {
 public:
  split_network_impl(const architecture& net, int feature_bits);

  /// Copies the front and both trunks' shared weights from a trained reference; statistics of every variant start from
  /// the reference's own.
  void start_from(const reference_network& reference);

  /// Begins imputation: for the local half what it does not see at ξ = ½, on average over `sample`; for the remote half
  /// the statistics of what is sent.
  void start_imputation(const attended& sample);

  /// What both halves answer at trained share number `share_index`; undefined logits where a half does not exist.
  struct halves {
    network_impl::answer local;
    network_impl::answer remote;
  };
  halves forward(const attended& extracted, std::size_t share_index);
  /// What the local trunk sees: `extracted` with learned values in place of the channels that are sent.
  torch::Tensor kept(const attended& extracted, std::size_t share_index);
  /// What the remote trunk sees: values from the wire, and estimates in place of the channels that the edge keeps. In
  /// training mode it also keeps the covariance up to date that estimates come from.
  torch::Tensor receive(const attended& extracted, std::size_t share_index);
  /// The local half's answer alone; the share must leave it something.
  network_impl::answer answer_locally(const attended& extracted, std::size_t share_index);

  /// Weighted sum of both halves with a λ learned beside the weights; only training uses it, the bundle's λ is chosen
  /// on held-back images.
  torch::Tensor blend(const halves& answers, std::size_t share_index);

  front stage{nullptr};
  feature_quantiser quantiser{nullptr};
  torch::Tensor imputed_local;      ///< [C], what the local trunk sees of a channel that is sent away
  torch::Tensor imputed_remote;     ///< [C], level of a channel from the wire, from which estimates deviate
  torch::Tensor covariance_remote;  ///< [C, C], of channels from the wire; running, as statistics of normalisations
  network local{nullptr};           ///< variants: widths 1, ¾, ½, ¼ for shares 0, ¼, ½, ¾
  network remote{nullptr};          ///< variants: full width with the statistics of shares ¼, ½, ¾, 1

 private:
  torch::Tensor blend_;  // logit of λ for shares ¼, ½, ¾
};
TORCH_MODULE_IMPL(split_network, split_network_impl);

/// Copies every parameter and buffer of `from` into the one of the same name and shape in `to`.
void copy_tensors(const torch::nn::Module& from, torch::nn::Module& to);

}  // namespace dvfo::inference
