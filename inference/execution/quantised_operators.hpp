#pragma once

#include <torch/torch.h>

/// LibTorch's quantised operators from C++. They have no C++ functions of their own, only dispatcher entries; this is
/// the one place that knows their schemas.
namespace dvfo::inference::quantised {

/// Selects the engine that this processor's LibTorch offers: ONEDNN on x86, QNNPACK on ARM. Throws error(bad_bundle)
/// where there is none.
void select_engine();

/// `weight`: per-channel quantised [Co, Ci, k, k]; returns the packed parameters of a convolution with padding k / 2.
c10::IValue pack_convolution(const torch::Tensor& weight, const torch::Tensor& bias, int stride, int padding);
torch::Tensor convolve(const torch::Tensor& x, const c10::IValue& packed, bool relu, double scale,
                       std::int64_t zero_point);

/// `weight`: per-channel quantised [Co, Ci].
c10::IValue pack_linear(const torch::Tensor& weight, const torch::Tensor& bias);
torch::Tensor linear(const torch::Tensor& x, const c10::IValue& packed, double scale, std::int64_t zero_point);

torch::Tensor add_relu(const torch::Tensor& a, const torch::Tensor& b, double scale, std::int64_t zero_point);

}  // namespace dvfo::inference::quantised
