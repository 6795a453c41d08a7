#include "inference/training/phase.hpp"

#include <chrono>

#include "inference/training/optimiser.hpp"

namespace dvfo::inference {
namespace {

constexpr int crop_padding = 8;         // part of the side, padded: 4 pixels of 32 are usual (He et al. 2016, §4.2)
constexpr double gradient_limit = 5.0;  // norm; only a guard against a rare exploding batch
constexpr std::size_t report_interval = 20;  // batches between two reports

class stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Running sums of one epoch.
struct tally {
  double loss = 0.0;
  std::int64_t correct = 0;
  std::int64_t seen = 0;

  void add(const step_result& result, const torch::Tensor& labels) {
    torch::NoGradGuard no_gradient;
    loss += result.loss.item<double>();
    correct += result.logits.argmax(1).eq(labels).sum().item<std::int64_t>();
    seen += labels.size(0);
  }
};

/// A parameter that a step does not touch still moves by its momentum, but only once it has a gradient: with gradients
/// from the start, a resumed run treats those parameters as the run that never stopped does.
void start_gradients(torch::nn::Module& module) {
  for (auto& p : module.parameters()) p.mutable_grad() = torch::zeros_like(p);
}

}  // namespace

void run_phase(const phase& what, const image_store& images, const training_options& options,
               const progress_callback& progress) {
  const auto optimiser = make_optimiser(options.optimiser, *what.module, what.peak_rate, options.weight_decay);
  const int first = load_checkpoint(what.checkpoint, *what.module, *optimiser);
  start_gradients(*what.module);
  const torch::Device device(options.device);
  const stopwatch clock;
  for (int number = first; number < what.epochs; ++number) {
    what.before_epoch(number);
    const image_store::distortion how = {.padding = images.side() / crop_padding,
                                         .crop_scale = options.crop_scale,
                                         .side = number < what.small_epochs ? what.small_side : 0};
    image_store::epoch epoch(images, static_cast<std::size_t>(options.batch_size), options.seed,
                             static_cast<std::uint64_t>(number), how);
    tally sums;
    for (std::size_t b = 0; b < epoch.batches(); ++b) {
      const double done = number + static_cast<double>(b) / static_cast<double>(epoch.batches());
      set_rate(*optimiser, scheduled_rate(what.peak_rate, done / what.epochs));
      batch data = epoch.get(b);
      data.images = data.images.to(device);
      data.labels = data.labels.to(device);
      optimiser->zero_grad();
      const auto result = what.step(data, static_cast<std::uint64_t>(number) * epoch.batches() + b);
      result.loss.backward();
      torch::nn::utils::clip_grad_norm_(what.module->parameters(), gradient_limit);
      optimiser->step();
      sums.add(result, data.labels);
      if ((b + 1) % report_interval != 0 && b + 1 != epoch.batches()) continue;
      const double fraction = done + 1.0 / static_cast<double>(epoch.batches()) - first;
      progress({what.name, number + 1, what.epochs, b + 1, epoch.batches(), sums.loss / static_cast<double>(b + 1),
                100.0 * static_cast<double>(sums.correct) / static_cast<double>(sums.seen), clock.seconds(),
                clock.seconds() / fraction * (what.epochs - first - fraction)});
    }
    save_checkpoint(what.checkpoint, *what.module, *optimiser, number + 1);
  }
}

}  // namespace dvfo::inference
