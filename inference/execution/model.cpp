#include "inference/model.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <stdlib.h>  // setenv is POSIX

#include <algorithm>
#include <cstring>
#include <optional>

#include "inference/bundle/weights.hpp"
#include "inference/error.hpp"
#include "inference/execution/execution.hpp"
#include "inference/execution/front_runtime.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {
namespace {

/// Position of a grid share in trained_shares.
std::size_t share_index(double share) {
  const auto found = std::find(trained_shares.begin(), trained_shares.end(), grid_share(share));
  return static_cast<std::size_t>(found - trained_shares.begin());
}

std::vector<float> to_vector(const torch::Tensor& row) {
  const auto dense = row.contiguous();
  const auto* first = dense.data_ptr<float>();
  return {first, first + dense.numel()};
}

torch::Tensor to_tensor(const image& picture, int size) {
  const image square = resize_and_centre_crop(picture, size);
  const std::vector<std::int64_t> shape = {1, size, size, 3};
  auto bytes = torch::empty(shape, torch::kByte);
  std::memcpy(bytes.data_ptr(), square.pixels.data(), square.pixels.size());
  return bytes.permute({0, 3, 1, 2}).to(torch::kFloat).mul_(1.0F / 255.0F);
}

/// The input as a batch of one: a function to_tensor for every kind of inputs.
torch::Tensor to_batch(const any_input& asked, int size) {
  return std::visit([&](const auto& kind) { return to_tensor(kind, size); }, asked);
}

}  // namespace

struct edge_model::impl {
  impl(const model_bundle& bundle, backend where)
      : format(bundle.manifest().format),
        input_size(bundle.manifest().input_size),
        imputed(bundle.tensors().split->imputed_local.detach().view({1, -1, 1, 1})),
        front(*bundle.tensors().split->stage, where) {
    const auto& local = *bundle.tensors().split->local;
    for (std::size_t v = 0; v < local.widths().size(); ++v) locals.push_back(prepare_local(local, v, where));
  }

  feature_format format;
  int input_size;
  torch::Tensor imputed;  // [1, C, 1, 1], for channels that are sent away
  front_runtime front;
  std::vector<std::unique_ptr<execution>> locals;
};

edge_model::edge_model(const model_bundle& bundle, backend where) : impl_(std::make_unique<impl>(bundle, where)) {}
edge_model::~edge_model() = default;
edge_model::edge_model(edge_model&&) noexcept = default;
edge_model& edge_model::operator=(edge_model&&) noexcept = default;

extraction edge_model::extract(const any_input& asked) {
  c10::InferenceMode inference;
  const auto out = impl_->front.forward(to_batch(asked, impl_->input_size));
  return {feature_map(to_vector(out.features)), to_vector(out.importance)};
}

std::vector<float> edge_model::infer_local(const feature_map& features, std::span<const std::uint16_t> primary,
                                           double share) {
  const auto index = share_index(share);
  if (index >= impl_->locals.size()) {
    throw error(errc::bad_argument, "share 1 leaves nothing for the local DNN; expected a share below 1");
  }
  const auto& format = impl_->format;
  const std::size_t plane = static_cast<std::size_t>(format.height) * static_cast<std::size_t>(format.width);
  const auto values = features.values();
  if (values.size() != plane * static_cast<std::size_t>(format.channels)) {
    throw error(errc::bad_argument, fmt::format("{} feature values, expected {} × {} × {}", values.size(),
                                                format.channels, format.height, format.width));
  }
  c10::InferenceMode inference;
  auto kept = impl_->imputed.expand({1, format.channels, format.height, format.width}).contiguous();
  for (const auto channel : primary) {
    if (channel >= format.channels)
      throw error(errc::bad_argument, fmt::format("channel {}, expected below {}", channel, format.channels));
    std::memcpy(kept.data_ptr<float>() + channel * plane, values.data() + channel * plane, plane * sizeof(float));
  }
  return to_vector(impl_->locals[index]->forward(kept));
}

namespace {

/// The bundle's reference network for inference.
struct whole_network {
  whole_network(const reference_network_impl& trained, backend where)
      : front(*trained.stage, where), trunk(prepare_float(*trained.trunk, 0, where)) {}
  front_runtime front;
  std::unique_ptr<execution> trunk;
};

std::vector<std::vector<float>> rows_of(const torch::Tensor& logits) {
  std::vector<std::vector<float>> out;
  out.reserve(static_cast<std::size_t>(logits.size(0)));
  for (std::int64_t i = 0; i < logits.size(0); ++i) out.push_back(to_vector(logits[i]));
  return out;
}

}  // namespace

struct cloud_model::impl {
  impl(const model_bundle& from, backend on)
      : bundle(from), where(on), format(from.manifest().format), input_size(from.manifest().input_size) {
    const auto& remote = *from.tensors().split->remote;
    for (std::size_t v = 0; v < remote.widths().size(); ++v) remotes.push_back(prepare_float(remote, v, where));
  }

  model_bundle bundle;
  backend where;
  feature_format format;
  int input_size;
  std::vector<std::unique_ptr<execution>> remotes;
  std::optional<whole_network> whole;  // once somebody has sent an input
};

cloud_model::cloud_model(const model_bundle& bundle, backend where) : impl_(std::make_unique<impl>(bundle, where)) {}
cloud_model::~cloud_model() = default;
cloud_model::cloud_model(cloud_model&&) noexcept = default;
cloud_model& cloud_model::operator=(cloud_model&&) noexcept = default;

std::vector<std::vector<float>> cloud_model::infer_remote(std::span<const std::vector<float>> features, double share) {
  const auto index = share_index(share);
  if (index == 0) throw error(errc::bad_argument, "share 0 sends nothing to the cloud; expected a share above 0");
  const auto& format = impl_->format;
  const auto count = static_cast<std::size_t>(format.channels) * static_cast<std::size_t>(format.height) *
                     static_cast<std::size_t>(format.width);
  c10::InferenceMode inference;
  auto batch = torch::empty({static_cast<std::int64_t>(features.size()), format.channels, format.height, format.width});
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (features[i].size() != count)
      throw error(errc::bad_argument,
                  fmt::format("feature map {} has {} values, expected {}", i, features[i].size(), count));
    std::memcpy(batch.data_ptr<float>() + i * count, features[i].data(), count * sizeof(float));
  }
  return rows_of(impl_->remotes[index - 1]->forward(batch));
}

std::vector<std::vector<float>> cloud_model::infer_whole(std::span<const any_input> asked) {
  if (asked.empty()) return {};
  c10::InferenceMode inference;
  if (!impl_->whole) impl_->whole.emplace(*impl_->bundle.tensors().reference, impl_->where);
  std::vector<torch::Tensor> inputs;
  inputs.reserve(asked.size());
  for (const auto& each : asked) inputs.push_back(to_batch(each, impl_->input_size));
  return rows_of(impl_->whole->trunk->forward(impl_->whole->front.forward(torch::cat(inputs)).features));
}

void prepare_for_single_images() { setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_VNNI", /*overwrite=*/0); }

void set_intra_op_threads(int threads) {
  torch::set_num_threads(threads);
  // LibTorch does not tell OpenBLAS, whose own threads would spin for every classifier: on a busy machine a 3 ms pass
  // took 400 ms.
  using setter = void (*)(int);
  if (const auto set = reinterpret_cast<setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(threads);
}

}  // namespace dvfo::inference
