#include "evaluation/task_accuracy.hpp"

#include "evaluation/picture_sets.hpp"
#include "inference/image_coding.hpp"
#include "inference/measurement/logits.hpp"

namespace dvfo::evaluation {

using namespace inference;

task_accuracy measure_task_accuracy(const model_bundle& bundle, const dataset& images,
                                    const progress_callback& progress) {
  require_same_labels(bundle, images);
  const std::size_t all = 2 * images.size();
  const auto split =
      collect_logits(bundle, images, 0, images.size(), [&](std::size_t done, std::size_t) { progress(done, all); });
  const recoded_images received(
      images, [](const image& picture) { return encode_jpeg(picture, jpeg_quality); },
      [](std::span<const std::byte> bytes) { return decode_image(bytes, "JPEG"); });
  const auto jpeg =
      collect_reference(bundle, received, [&](std::size_t done, std::size_t) { progress(images.size() + done, all); });
  task_accuracy out;
  for (std::size_t s = 0; s < out.top1.size(); ++s) {
    out.top1[s] = top1_percent(fuse(split.shares[s], bundle.manifest().figures[s].lambda), split.labels);
  }
  out.reference_top1 = top1_percent(split.reference, split.labels);
  out.jpeg_top1 = top1_percent(jpeg.logits, jpeg.labels);
  return out;
}

void set_accuracy(policy::task_model& task, const task_accuracy& found) {
  for (std::size_t s = 0; s < task.ways.size() && s < found.top1.size(); ++s) task.ways[s].top1 = found.top1[s];
  for (auto& way : task.input_ways) {
    if (way.sends == policy::sending::compressed) way.terms.top1 = found.jpeg_top1;
    if (way.sends != policy::sending::input) continue;
    if (way.terms.share <= 0.0) way.terms.top1 = found.top1.front();
    if (way.terms.share >= 1.0) way.terms.top1 = found.reference_top1;
  }
}

}  // namespace dvfo::evaluation
