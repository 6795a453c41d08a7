#include "evaluation/rate.hpp"

#include "evaluation/picture_sets.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/image_coding.hpp"
#include "inference/measurement/logits.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

struct picture_format {
  const char* name;
  std::vector<std::byte> (*encode)(const image&, int quality);
  image (*decode)(std::span<const std::byte>, const std::string& name);
};

constexpr std::array<picture_format, 2> formats = {
    {{"JPEG", encode_jpeg, decode_image}, {"WebP", encode_webp, decode_webp}}};

/// What the reference makes of pictures that arrive in this format.
rate_row measure(const model_bundle& bundle, const dataset& pictures, const picture_format& format, int quality,
                 const progress_callback& progress) {
  const recoded_images received(
      pictures, [&](const image& picture) { return format.encode(picture, quality); },
      [&](std::span<const std::byte> bytes) { return format.decode(bytes, format.name); });
  const auto answers = collect_reference(bundle, received, progress);
  return {.way = format.name,
          .setting = static_cast<double>(quality),
          .bytes_mean = received.bytes_mean(),
          .top1 = top1_percent(answers.logits, answers.labels),
          .loss_points = 0.0};
}

}  // namespace

rate_report evaluate_rate(const model_bundle& bundle, const dataset& data, std::size_t count,
                          const progress_callback& progress) {
  require_same_labels(bundle, data);
  const sampled_images images(data, count);
  const std::size_t all = images.size() * (1 + formats.size() * picture_qualities.size());
  std::size_t before = 0;
  const auto passes = [&](std::size_t done, std::size_t) { progress(before + done, all); };

  rate_report report;
  report.images = images.size();
  const auto answers = collect_logits(bundle, images, 0, images.size(), passes);
  report.reference_top1 = top1_percent(answers.reference, answers.labels);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    const auto fused = fuse(answers.shares[s], bundle.manifest().figures[s].lambda);
    report.rows.push_back({.way = "features",
                           .setting = trained_shares[s],
                           .bytes_mean = answers.shares[s].wire_bytes_mean,
                           .top1 = top1_percent(fused, answers.labels),
                           .loss_points = 0.0});
  }
  for (const auto& format : formats) {
    for (const int quality : picture_qualities) {
      before += images.size();
      report.rows.push_back(measure(bundle, images, format, quality, passes));
    }
  }
  for (auto& row : report.rows) row.loss_points = report.reference_top1 - row.top1;
  return report;
}

}  // namespace dvfo::evaluation
