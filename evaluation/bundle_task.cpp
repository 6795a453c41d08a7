#include "evaluation/bundle_task.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "inference/architectures/part_costs.hpp"
#include "inference/bundle/manifest.hpp"
#include "inference/codec/feature_codec.hpp"
#include "inference/model.hpp"
#include "policy/environment/descriptor.hpp"

namespace dvfo::evaluation {
namespace {

/// Frames differ by a few percent from image to image.
constexpr std::size_t measured_images = 64;

/// CPU cycles of the edge besides the networks: resizing and normalising an image, some tens of cycles a value, as
/// image libraries without vector code take (estimated).
constexpr double cycles_a_pixel_value = 30.0;

/// Bytes of a task's message around its frame, and of its reply (docs/feature-frame.md, Protobuf): estimated from the
/// schema: id, bundle, share and budget.
constexpr double request_header_bytes = 40.0;
constexpr double reply_header_bytes = 50.0;

/// A published server GPU (RTX 3080, 29.8 TFLOP/s in float32, techpowerup.com) at a third of its peak, as small batches
/// reach, and 10 µs a kernel: derived.
constexpr double cloud_flops_per_second = 29.8e12 / 3.0;
constexpr double cloud_seconds_a_launch = 10e-6;

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

policy::task_model task_of(const inference::model_bundle& bundle, const inference::dataset& images,
                           double element_bytes) {
  const auto& manifest = bundle.manifest();
  const auto costs = inference::costs_of(inference::architecture_of(manifest),
                                         {.front = element_bytes, .local = element_bytes, .remote = 4.0});
  const auto bytes = mean_frame_bytes(bundle, images);
  policy::task_model task;
  task.name = manifest.name;
  task.front = policy::to_workload(costs.front());
  task.host_cycles = cycles_a_pixel_value * 3.0 * manifest.input_size * manifest.input_size;
  for (std::size_t s = 0; s < inference::trained_shares.size(); ++s) {
    policy::share_terms way;
    way.share = inference::trained_shares[s];
    way.top1 = manifest.figures[s].top1;
    if (way.share < 1.0) way.local = policy::to_workload(costs.local_at(way.share));
    if (way.share > 0.0) {
      way.wire_up_bytes = bytes[s] + request_header_bytes;
      way.wire_down_bytes = 4.0 * static_cast<double>(manifest.labels.size()) + reply_header_bytes;
      way.cloud_seconds = costs.remote.flops / cloud_flops_per_second + costs.remote.launches * cloud_seconds_a_launch;
    }
    task.ways.push_back(way);
  }
  return task;
}

}  // namespace dvfo::evaluation
