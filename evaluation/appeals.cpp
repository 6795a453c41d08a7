#include "evaluation/appeals.hpp"

#include <cmath>
#include <numeric>

#include "evaluation/picture_sets.hpp"
#include "inference/image_coding.hpp"
#include "inference/measurement/logits.hpp"
#include "inference/model.hpp"
#include "inference/tasks/classification.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

constexpr std::size_t progress_step = 100;

/// The local DNN by itself, as at share 0.
class local_answers {
 public:
  explicit local_answers(const model_bundle& bundle)
      : edge_(bundle), all_(static_cast<std::size_t>(bundle.manifest().format.channels)) {
    std::iota(all_.begin(), all_.end(), std::uint16_t{0});
  }
  std::vector<float> logits_of(const image& picture) {
    return edge_.infer_local(edge_.extract(picture).features, all_, 0.0);
  }

 private:
  edge_model edge_;
  std::vector<std::uint16_t> all_;
};

double cross_entropy(std::span<const float> logits, std::size_t label) {
  const auto most = static_cast<double>(logits[argmax(logits)]);
  double mass = 0.0;
  for (const float each : logits) mass += std::exp(static_cast<double>(each) - most);
  return most + std::log(mass) - static_cast<double>(logits[label]);
}

}  // namespace

std::vector<appeal_sample> collect_appeals(const model_bundle& bundle, const dataset& images,
                                           const progress_callback& progress) {
  require_same_labels(bundle, images);
  const std::size_t all = 2 * images.size();
  local_answers local(bundle);
  std::vector<appeal_sample> out(images.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto [picture, label] = images.at(i);
    const auto logits = local.logits_of(picture);
    out[i].seen = discriminator::features_of(logits);
    out[i].local_loss = cross_entropy(logits, static_cast<std::size_t>(label));
    out[i].is_local_right = argmax(logits) == static_cast<std::size_t>(label);
    if ((i + 1) % progress_step == 0) progress(i + 1, all);
  }
  const recoded_images received(
      images, [](const image& picture) { return encode_jpeg(picture, jpeg_quality); },
      [](std::span<const std::byte> bytes) { return decode_image(bytes, "JPEG"); });
  const auto cloud =
      collect_reference(bundle, received, [&](std::size_t done, std::size_t) { progress(images.size() + done, all); });
  const auto answers = cloud.logits.contiguous();
  const auto classes = static_cast<std::size_t>(answers.size(1));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::span<const float> logits(answers.data_ptr<float>() + i * classes, classes);
    const auto label = static_cast<std::size_t>(images.label(i));
    out[i].cloud_loss = cross_entropy(logits, label);
    out[i].is_cloud_right = argmax(logits) == label;
  }
  return out;
}

std::vector<std::uint8_t> accepted_images(const model_bundle& bundle, const appeal_rule& rule, const dataset& images,
                                          std::size_t count) {
  const sampled_images drawn(images, count);
  local_answers local(bundle);
  std::vector<std::uint8_t> out(drawn.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = rule.accepts(local.logits_of(drawn.at(i).picture)) ? 1 : 0;
  }
  return out;
}

}  // namespace dvfo::evaluation
