#include "policy/task_cost/bundle_task.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "inference/architectures/part_costs.hpp"
#include "inference/bundle/manifest.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/model.hpp"
#include "policy/task_cost/jpeg_bytes.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::policy {
namespace {

/// Frames differ by a few percent from image to image.
constexpr std::size_t measured_images = 64;

std::array<double, inference::trained_shares.size()> mean_frame_bytes(const inference::model_bundle& bundle,
                                                                      const inference::dataset& images) {
  std::array<double, inference::trained_shares.size()> bytes{};
  inference::edge_model edge(bundle);
  std::vector<std::byte> frame;
  const std::size_t count = std::min(measured_images, images.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = edge.extract(images.at(i).picture);
    for (std::size_t s = 1; s < inference::trained_shares.size(); ++s) {
      const auto split = inference::split_channels(found.importance, inference::trained_shares[s]);
      inference::encode_features(bundle.manifest().format, found.features.values(), split.secondary, frame);
      bytes[s] += static_cast<double>(frame.size()) / static_cast<double>(count);
    }
  }
  return bytes;
}

}  // namespace

task_model task_of(const inference::model_bundle& bundle, const inference::dataset& images, double element_bytes) {
  const auto& manifest = bundle.manifest();
  const auto net = inference::architecture_of(manifest);
  network_figures figures;
  figures.name = manifest.name;
  figures.costs = inference::costs_of(net, {.front = element_bytes, .local = element_bytes, .remote = 4.0});
  figures.whole = inference::cost_on(net.whole, 1.0, 4.0);
  figures.input = image_input(manifest.input_size, mean_jpeg_bytes(images, measured_images));
  figures.whole_top1 = manifest.reference_top1;
  figures.input_values = 3.0 * manifest.input_size * manifest.input_size;
  figures.reply_values = static_cast<double>(manifest.labels.size());
  figures.frame_bytes = mean_frame_bytes(bundle, images);
  for (std::size_t s = 0; s < figures.top1.size(); ++s) figures.top1[s] = manifest.figures[s].top1;
  return task_of_figures(figures);
}

}  // namespace dvfo::policy
