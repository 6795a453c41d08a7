#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <memory>
#include <string>

namespace dvfo::inference {

/// Learning rate at `progress` (0…1) of a phase: linear warm-up over its first twentieth, then half a cosine down to 0.
double scheduled_rate(double peak, double progress);

/// "sgd": stochastic gradient descent with Nesterov momentum 0.9. "adamw" (Loshchilov & Hutter 2019): what transformers
/// need. Normalisation parameters and biases are not decayed. Throws option_error for another name.
std::unique_ptr<torch::optim::Optimizer> make_optimiser(const std::string& name, const torch::nn::Module& module,
                                                        double rate, double weight_decay);
void set_rate(torch::optim::Optimizer& optimiser, double rate);

/// Convolutions in bfloat16 while it lives (LibTorch's autocast), if asked for.
class mixed_precision {
 public:
  mixed_precision(bool on, torch::DeviceType device);
  ~mixed_precision();
  mixed_precision(const mixed_precision&) = delete;
  mixed_precision& operator=(const mixed_precision&) = delete;

 private:
  bool on_;
  torch::DeviceType device_;
};

/// A phase's state after a whole epoch, written to a temporary file and renamed, so that a kill never leaves half a
/// checkpoint.
void save_checkpoint(const std::filesystem::path& file, const torch::nn::Module& module,
                     const torch::optim::Optimizer& optimiser, int finished_epochs);
/// Returns the finished epochs, 0 when `file` does not exist. `module` is on `device`; the checkpoint may come from
/// another. Throws error(io) when it is damaged or of another model.
int load_checkpoint(const std::filesystem::path& file, torch::nn::Module& module, torch::optim::Optimizer& optimiser,
                    torch::Device device);

}  // namespace dvfo::inference
