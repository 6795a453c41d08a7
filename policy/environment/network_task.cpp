#include "policy/environment/network_task.hpp"

#include <cmath>
#include <cstddef>

#include "inference/architectures/architecture.hpp"
#include "inference/codec/feature_codec.hpp"
#include "policy/environment/descriptor.hpp"

namespace dvfo::policy {
namespace {

/// CPU cycles of the edge besides the networks: resizing and normalising an image, some tens of cycles a value, as
/// image libraries without vector code take (estimated).
constexpr double cycles_a_value = 30.0;

/// Bytes of a task's message around its frame, and of its reply (docs/feature-frame.md, Protobuf): estimated from the
/// schema: id, bundle, share and budget.
constexpr double request_header_bytes = 40.0;
constexpr double reply_header_bytes = 50.0;

/// A published server GPU (RTX 3080, 29.8 TFLOP/s in float32, techpowerup.com) at a third of its peak, as small batches
/// reach, and 10 µs a kernel: derived.
constexpr double cloud_flops_per_second = 29.8e12 / 3.0;
constexpr double cloud_seconds_a_launch = 10e-6;

/// Bits of a feature on the wire: what the shipped bundles are trained for.
constexpr int feature_bits = 2;

/// A detector's answer: at most 100 boxes an image (COCO's limit) of four sides, a score and a class. Its raw maps, up
/// to 40 MB, stay in the cloud.
constexpr double values_of_boxes = 100.0 * 6.0;

double values_of(const inference::shape& map) { return static_cast<double>(map.channels) * map.positions(); }

double reply_values(const inference::graph& trunk) {
  const auto outputs = trunk.outputs();
  if (outputs.size() > 1) return values_of_boxes;  // of the eight, the two detectors alone have several
  return values_of(trunk.at(outputs.front()).out);
}

double plain_frame_bytes(const inference::shape& features, double share) {
  inference::feature_format format;
  format.channels = features.channels;
  format.height = features.height;
  format.width = features.width;
  format.bits = feature_bits;
  format.quantisers.resize(static_cast<std::size_t>(features.channels));
  format.zstd_level = 0;
  const auto sent = static_cast<std::size_t>(std::lround(share * features.channels));
  return static_cast<double>(inference::max_frame_size(format, sent));
}

}  // namespace

task_model task_of_figures(const network_figures& figures) {
  const auto& remote = figures.costs.remote;
  task_model task;
  task.name = figures.name;
  task.front = to_workload(figures.costs.front());
  task.host_cycles = cycles_a_value * figures.input_values;
  for (std::size_t s = 0; s < inference::trained_shares.size(); ++s) {
    share_terms way;
    way.share = inference::trained_shares[s];
    way.top1 = figures.top1[s];
    if (way.share < 1.0) way.local = to_workload(figures.costs.local_at(way.share));
    if (way.share > 0.0) {
      way.wire_up_bytes = figures.frame_bytes[s] + request_header_bytes;
      way.wire_down_bytes = 4.0 * figures.reply_values + reply_header_bytes;
      way.cloud_seconds = remote.flops / cloud_flops_per_second + remote.launches * cloud_seconds_a_launch;
    }
    task.ways.push_back(way);
  }
  return task;
}

task_model task_of_network(const std::string& name, double element_bytes) {
  const auto net = inference::make_architecture(name, inference::published_options(name));
  network_figures figures;
  figures.name = name;
  figures.costs = inference::costs_of(net, {.front = element_bytes, .local = element_bytes, .remote = 4.0});
  figures.input_values = values_of(net.whole.at(0).out);
  figures.reply_values = reply_values(net.trunk);
  for (std::size_t s = 1; s < inference::trained_shares.size(); ++s) {
    figures.frame_bytes[s] = plain_frame_bytes(net.features, inference::trained_shares[s]);
  }
  return task_of_figures(figures);
}

}  // namespace dvfo::policy
