#include "inference/training/phase.hpp"

#include <chrono>
#include <cstdint>
#include <future>

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

/// Running sums of one epoch. They stay on the device until they are read: a GPU need not be waited for in every step.
class tally {
 public:
  explicit tally(torch::Device device)
      : loss_(torch::zeros({}, torch::dtype(torch::kDouble).device(device))),
        correct_(torch::zeros({}, torch::dtype(torch::kLong).device(device))) {}

  void add(const step_result& result, const torch::Tensor& labels) {
    torch::NoGradGuard no_gradient;
    loss_ += result.loss.detach();
    correct_ += result.logits.argmax(1).eq(labels).sum();
    batches_ += 1.0;
    seen_ += static_cast<double>(labels.size(0));
  }

  [[nodiscard]] double mean_loss() const { return loss_.item<double>() / batches_; }
  [[nodiscard]] double accuracy() const { return 100.0 * correct_.item<double>() / seen_; }

 private:
  torch::Tensor loss_;
  torch::Tensor correct_;
  double batches_ = 0.0;
  double seen_ = 0.0;
};

/// All gradients of a module, one behind another in one piece of memory: a GPU clears and limits them in a few launches
/// and is not waited for. A parameter that a step does not touch still moves by its momentum, but only once it has a
/// gradient: with gradients from the start, a resumed run treats those parameters as the run that never stopped does.
class gradients {
 public:
  explicit gradients(torch::nn::Module& module) {
    const auto parameters = module.parameters();
    std::int64_t count = 0;
    for (const auto& p : parameters) count += p.numel();
    all_ = torch::zeros({count}, parameters.front().options().requires_grad(false));
    std::int64_t first = 0;
    for (auto p : parameters) {
      each_.push_back(all_.as_strided(p.sizes(), torch::empty_like(p).strides(), first));
      p.mutable_grad() = each_.back();
      first += p.numel();
    }
  }

  /// LibTorch's own zero_grad() removes gradients since 2.0.
  void clear() { all_.zero_(); }

  /// Scales all of them down where their norm exceeds `most`. LibTorch's clip_grad_norm_() waits for that norm.
  void limit(double most) {
    const auto norm = torch::stack(torch::_foreach_norm(each_)).norm();
    all_.mul_((most / (norm + 1e-6)).clamp_max(1.0));
  }

 private:
  torch::Tensor all_;
  std::vector<torch::Tensor> each_;  // views
};

/// An epoch's batches in their order. The next one is cut while its predecessor is learned from.
class prefetched {
 public:
  explicit prefetched(image_store::epoch& source) : source_(source) { fetch(); }

  batch next() {
    auto out = coming_.get();
    fetch();
    return out;
  }

 private:
  void fetch() {
    if (next_ == source_.batches()) return;
    coming_ = std::async(std::launch::async, [this, index = next_++] { return source_.get(index); });
  }

  image_store::epoch& source_;
  std::size_t next_ = 0;
  std::future<batch> coming_;
};

}  // namespace

void run_phase(const phase& what, const image_store& images, const training_options& options,
               const progress_callback& progress) {
  const auto optimiser = make_optimiser(options.optimiser, *what.module, what.peak_rate, options.weight_decay);
  const torch::Device device(options.device);
  const int first = load_checkpoint(what.checkpoint, *what.module, *optimiser, device);
  gradients slopes(*what.module);
  const stopwatch clock;
  for (int number = first; number < what.epochs; ++number) {
    what.before_epoch(number);
    const image_store::distortion how = {.padding = images.side() / crop_padding,
                                         .crop_scale = options.crop_scale,
                                         .side = number < what.small_epochs ? what.small_side : 0};
    image_store::epoch epoch(images, static_cast<std::size_t>(options.batch_size.value()), options.seed,
                             static_cast<std::uint64_t>(number), how);
    prefetched batches(epoch);
    tally sums(device);
    for (std::size_t b = 0; b < epoch.batches(); ++b) {
      const double done = number + static_cast<double>(b) / static_cast<double>(epoch.batches());
      set_rate(*optimiser, scheduled_rate(what.peak_rate, done / what.epochs));
      batch data = batches.next();
      data.images = data.images.to(device);
      data.labels = data.labels.to(device);
      slopes.clear();
      const auto result = what.step(data, static_cast<std::uint64_t>(number) * epoch.batches() + b);
      result.loss.backward();
      slopes.limit(gradient_limit);
      optimiser->step();
      sums.add(result, data.labels);
      if ((b + 1) % report_interval != 0 && b + 1 != epoch.batches()) continue;
      const double fraction = done + 1.0 / static_cast<double>(epoch.batches()) - first;
      progress({what.name, number + 1, what.epochs, b + 1, epoch.batches(), sums.mean_loss(), sums.accuracy(),
                clock.seconds(), clock.seconds() / fraction * (what.epochs - first - fraction)});
    }
    if (number + 1 == what.epochs) optimiser->state().clear();  // weights are all that later phases read
    save_checkpoint(what.checkpoint, *what.module, *optimiser, number + 1);
  }
}

}  // namespace dvfo::inference
