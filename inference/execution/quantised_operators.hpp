#pragma once

#include <torch/torch.h>

#include <vector>

/// LibTorch's quantised operators from C++. They have no C++ functions of their own, only dispatcher entries; this is
/// the one place that knows their schemas.
namespace dvfo::inference::quantised {

/// Selects the engine that this processor's LibTorch offers: ONEDNN on x86, QNNPACK on ARM. Throws error(bad_bundle)
/// where there is none.
void select_engine();

/// Steps for weights that are multiplied on this processor, from those of 8-bit weights: the same, or twice as large
/// where sums of products of 8-bit numbers saturate, so that weights have 7 bits there.
torch::Tensor exact_steps(const torch::Tensor& steps);

/// `weight` [Co, …] in 8-bit integers, `scale` [Co] their steps.
torch::Tensor per_channel(const torch::Tensor& weight, const torch::Tensor& scale);

/// `weight`: per-channel quantised [Co, Ci / groups, h, w]; `padding`: rows, columns. Returns the packed parameters.
c10::IValue pack_convolution(const torch::Tensor& weight, const torch::Tensor& bias, int stride,
                             const std::vector<std::int64_t>& padding, std::int64_t groups);
torch::Tensor convolve(const torch::Tensor& x, const c10::IValue& packed, bool relu, double scale,
                       std::int64_t zero_point);

/// `weight`: per-channel quantised [Co, Ci].
c10::IValue pack_linear(const torch::Tensor& weight, const torch::Tensor& bias);
torch::Tensor linear(const torch::Tensor& x, const c10::IValue& packed, bool relu, double scale,
                     std::int64_t zero_point);

/// Float in, float out: inputs are rounded to 8 bits between their own extremes.
torch::Tensor linear_dynamic(const torch::Tensor& x, const c10::IValue& packed);

torch::Tensor add(const torch::Tensor& a, const torch::Tensor& b, bool relu, double scale, std::int64_t zero_point);

/// Element by element; sides of length 1 are repeated.
torch::Tensor multiply(const torch::Tensor& a, const torch::Tensor& b, double scale, std::int64_t zero_point);

/// Along the channels.
torch::Tensor concatenate(const std::vector<torch::Tensor>& parts, double scale, std::int64_t zero_point);

}  // namespace dvfo::inference::quantised
