#include "inference/training/optimiser.hpp"

#include <ATen/autocast_mode.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "files/output.hpp"
#include "files/place.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

constexpr double momentum = 0.9;
constexpr double warm_up = 0.05;

// LibTorch's archives are ZIP files; whether one is a checkpoint of this model, load_checkpoint finds out before.
constexpr files::kind checkpoint_file{"a checkpoint of 'dvfo train model'",
                                      [](std::string_view head) { return head.starts_with("PK\x03\x04"); }};

void write_module(torch::serialize::OutputArchive& archive, const torch::nn::Module& module) { module.save(archive); }

/// LibTorch 2.4 renamed autocast's switches, and later versions warn at every use of the old names.
void switch_bfloat16(bool on, torch::DeviceType device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(device, on);
  at::autocast::set_autocast_dtype(device, torch::kBFloat16);
#else
  if (device == torch::kCUDA) {
    at::autocast::set_enabled(on);
    at::autocast::set_autocast_gpu_dtype(torch::kBFloat16);
  } else {
    at::autocast::set_cpu_enabled(on);
    at::autocast::set_autocast_cpu_dtype(torch::kBFloat16);
  }
#endif
}

template <class Optimiser, class Options>
std::unique_ptr<torch::optim::Optimizer> make_grouped(const Options& settings,
                                                      const std::vector<torch::Tensor>& decayed,
                                                      const std::vector<torch::Tensor>& free, double weight_decay) {
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(decayed, std::make_unique<Options>(Options(settings).weight_decay(weight_decay)));
  groups.emplace_back(free, std::make_unique<Options>(Options(settings).weight_decay(0.0)));
  return std::make_unique<Optimiser>(groups, settings);
}

}  // namespace

double scheduled_rate(double peak, double progress) {
  if (progress < warm_up) return peak * (0.02 + 0.98 * progress / warm_up);
  return peak * 0.5 * (1.0 + std::cos(std::numbers::pi * (progress - warm_up) / (1.0 - warm_up)));
}

std::unique_ptr<torch::optim::Optimizer> make_optimiser(const std::string& name, const torch::nn::Module& module,
                                                        double rate, double weight_decay) {
  std::vector<torch::Tensor> decayed;
  std::vector<torch::Tensor> free;
  for (const auto& parameter : module.parameters()) {
    if (parameter.requires_grad()) (parameter.dim() > 1 ? decayed : free).push_back(parameter);
  }
  if (name == "sgd") {
    return make_grouped<torch::optim::SGD>(torch::optim::SGDOptions(rate).momentum(momentum).nesterov(true), decayed,
                                           free, weight_decay);
  }
  if (name == "adamw") {
    return make_grouped<torch::optim::AdamW>(torch::optim::AdamWOptions(rate), decayed, free, weight_decay);
  }
  throw option_error("optimiser", fmt::format("\"{}\", expected sgd or adamw", name));
}

void set_rate(torch::optim::Optimizer& optimiser, double rate) {
  for (auto& group : optimiser.param_groups()) group.options().set_lr(rate);
}

mixed_precision::mixed_precision(bool on, torch::DeviceType device) : on_(on), device_(device) {
  if (on_) switch_bfloat16(true, device_);
}

mixed_precision::~mixed_precision() {
  if (!on_) return;
  at::autocast::clear_cache();
  switch_bfloat16(false, device_);
}

void save_checkpoint(const std::filesystem::path& file, const torch::nn::Module& module,
                     const torch::optim::Optimizer& optimiser, int finished_epochs) {
  torch::serialize::OutputArchive archive;
  torch::serialize::OutputArchive model;
  torch::serialize::OutputArchive state;
  write_module(model, module);
  optimiser.save(state);
  archive.write("model", model);
  archive.write("optimiser", state);
  archive.write("finished_epochs", torch::tensor(finished_epochs));
  with_file_errors_as(errc::io, "", [&] {
    files::make_folder(file.parent_path());
    files::draft written(file, checkpoint_file);
    archive.save_to(written.path().string());
    written.commit();
  });
}

int load_checkpoint(const std::filesystem::path& file, torch::nn::Module& module, torch::optim::Optimizer& optimiser,
                    torch::Device device) {
  if (!files::stands(file)) return 0;
  try {
    torch::serialize::InputArchive archive;
    torch::serialize::InputArchive model;
    torch::serialize::InputArchive state;
    torch::Tensor finished;
    archive.load_from(file.string(), device);
    archive.read("model", model);
    archive.read("optimiser", state);
    archive.read("finished_epochs", finished);
    module.load(model);
    optimiser.load(state);
    return finished.item<int>();
  } catch (const c10::Error& e) {
    throw error(errc::io, fmt::format("{}: not a checkpoint of this model ({}); remove it to start afresh",
                                      file.string(), e.what_without_backtrace()));
  }
}

}  // namespace dvfo::inference
