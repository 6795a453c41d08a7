#include "inference/execution/quantised_operators.hpp"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <array>

#include "inference/error.hpp"
#include "inference/execution/processor.hpp"

namespace dvfo::inference::quantised {
namespace {

c10::OperatorHandle find(const char* name, const char* overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
}

/// Calls an operator whose packed parameter is a class that LibTorch's installed headers do not declare the same way in
/// every version.
template <class... Arguments>
c10::IValue call(const c10::OperatorHandle& op, Arguments&&... arguments) {
  torch::jit::Stack stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  op.callBoxed(&stack);
  return std::move(stack.front());
}

c10::List<std::int64_t> twice(int value) { return c10::List<std::int64_t>({value, value}); }

}  // namespace

void select_engine() {
  constexpr std::array preferred = {at::QEngine::ONEDNN, at::QEngine::FBGEMM, at::QEngine::QNNPACK};
  const auto& supported = at::globalContext().supportedQEngines();
  for (const auto engine : preferred) {
    if (std::find(supported.begin(), supported.end(), engine) == supported.end()) continue;
    at::globalContext().setQEngine(engine);
    return;
  }
  throw error(errc::bad_bundle,
              "this LibTorch was built without a quantised engine (ONEDNN, FBGEMM or QNNPACK); the int8 "
              "local DNN cannot run: install a LibTorch that has one");
}

torch::Tensor exact_steps(const torch::Tensor& steps) {
  return processor_adds_byte_products_exactly() ? steps : 2.0 * steps;
}

torch::Tensor per_channel(const torch::Tensor& weight, const torch::Tensor& scale) {
  const auto zero_points = torch::zeros({scale.size(0)}, torch::kLong);
  return torch::quantize_per_channel(weight.contiguous(), scale.to(torch::kDouble), zero_points, 0, torch::kQInt8);
}

c10::IValue pack_convolution(const torch::Tensor& weight, const torch::Tensor& bias, int stride,
                             const std::vector<std::int64_t>& padding, std::int64_t groups) {
  static const auto op = find("quantized::conv2d_prepack", "");
  return call(op, weight, bias, twice(stride), c10::List<std::int64_t>({padding[0], padding[1]}), twice(1), groups);
}

torch::Tensor convolve(const torch::Tensor& x, const c10::IValue& packed, bool relu, double scale,
                       std::int64_t zero_point) {
  static const auto plain = find("quantized::conv2d", "new");
  static const auto rectified = find("quantized::conv2d_relu", "new");
  return call(relu ? rectified : plain, x, packed, scale, zero_point).toTensor();
}

c10::IValue pack_linear(const torch::Tensor& weight, const torch::Tensor& bias) {
  static const auto op = find("quantized::linear_prepack", "");
  return call(op, weight, bias);
}

torch::Tensor linear(const torch::Tensor& x, const c10::IValue& packed, bool relu, double scale,
                     std::int64_t zero_point) {
  static const auto plain = find("quantized::linear", "");
  static const auto rectified = find("quantized::linear_relu", "");
  return call(relu ? rectified : plain, x, packed, scale, zero_point).toTensor();
}

torch::Tensor linear_dynamic(const torch::Tensor& x, const c10::IValue& packed) {
  static const auto op = find("quantized::linear_dynamic", "");
  return call(op, x, packed, false).toTensor();
}

torch::Tensor add(const torch::Tensor& a, const torch::Tensor& b, bool relu, double scale, std::int64_t zero_point) {
  static const auto plain = find("quantized::add", "");
  static const auto rectified = find("quantized::add_relu", "");
  return call(relu ? rectified : plain, a, b, scale, zero_point).toTensor();
}

torch::Tensor multiply(const torch::Tensor& a, const torch::Tensor& b, double scale, std::int64_t zero_point) {
  static const auto op = find("quantized::mul", "");
  return call(op, a, b, scale, zero_point).toTensor();
}

torch::Tensor concatenate(const std::vector<torch::Tensor>& parts, double scale, std::int64_t zero_point) {
  static const auto op = find("quantized::cat", "");
  return call(op, c10::List<torch::Tensor>(parts), std::int64_t{1}, c10::optional<double>(scale),
              c10::optional<std::int64_t>(zero_point))
      .toTensor();
}

}  // namespace dvfo::inference::quantised
