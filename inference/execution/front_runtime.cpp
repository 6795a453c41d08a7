#include "inference/execution/front_runtime.hpp"

namespace dvfo::inference {

front_runtime::front_runtime(const front_impl& trained, backend where)
    : mean_(trained.mean().view({1, 3, 1, 1})),
      inverse_deviation_((1.0 / trained.deviation()).view({1, 3, 1, 1})),
      extractor_(prepare_float(*trained.extractor(), 0, where)),
      attention_(*trained.attention()) {}

attended front_runtime::forward(const torch::Tensor& images) const {
  return attention_.forward(extractor_->forward((images - mean_) * inverse_deviation_));
}

}  // namespace dvfo::inference
