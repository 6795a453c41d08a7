#include "inference/execution/byte_table.hpp"

#include <algorithm>
#include <cmath>

#include "inference/layers/operators.hpp"

namespace dvfo::inference {

byte_table::byte_table(activation what, const grid& from, const grid& onto) : onto_(onto) {
  torch::NoGradGuard no_gradient;
  const auto values = (torch::arange(256, torch::kDouble) - static_cast<double>(from.zero_point)) * from.scale;
  const auto answers = operators::activate(what, values).contiguous();
  const double* answer = answers.data_ptr<double>();
  for (std::size_t i = 0; i < levels_.size(); ++i) {
    const double level = std::nearbyint(answer[i] / onto.scale) + static_cast<double>(onto.zero_point);
    levels_[i] = static_cast<std::uint8_t>(std::clamp(level, 0.0, 255.0));
  }
}

torch::Tensor byte_table::apply(const torch::Tensor& x) const {
  auto out =
      torch::_empty_affine_quantized(x.sizes(), x.options(), onto_.scale, onto_.zero_point, x.suggest_memory_format());
  const auto dense = x.contiguous(x.suggest_memory_format());
  const auto* from = reinterpret_cast<const std::uint8_t*>(dense.data_ptr<c10::quint8>());
  auto* to = reinterpret_cast<std::uint8_t*>(out.data_ptr<c10::quint8>());
  std::transform(from, from + x.numel(), to, [this](std::uint8_t level) { return levels_[level]; });
  return out;
}

}  // namespace dvfo::inference
