#include "inference/training/unseen_widths.hpp"

#include <algorithm>

#include "inference/training/published_start.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t seen_pictures = 512;     // as imputation begins with: enough for ranges of any activation
constexpr std::int64_t statistics_steps = 32;  // running statistics forget 96 % of what they began with

}  // namespace

void observe_unseen_widths(split_network& split, const image_store& images, int batch_size, torch::Device device) {
  torch::NoGradGuard no_gradient;
  attended extracted;
  for (std::size_t v = 0; v < split->local->widths().size(); ++v) {
    if (split->local->has_ranges(v)) continue;
    if (!extracted.features.defined()) extracted = extract(split->stage, images.spread(seen_pictures).images, device);
    const auto seen = split->kept(extracted, v);
    const auto at_once = std::min<std::int64_t>(batch_size, seen.size(0));
    const auto batches = seen.size(0) / at_once;
    const auto run = [&](std::int64_t step) { split->local(seen.narrow(0, step % batches * at_once, at_once), v); };
    split->local->train();
    for (std::int64_t step = 0; step < statistics_steps; ++step) run(step);
    split->local->eval();
    split->local->set_observing(true);
    for (std::int64_t step = 0; step < batches; ++step) run(step);
    split->local->set_observing(false);
  }
}

}  // namespace dvfo::inference
