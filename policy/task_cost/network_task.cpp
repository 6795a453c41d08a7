#include "policy/task_cost/network_task.hpp"

#include <cmath>
#include <cstddef>

#include "inference/architectures/architecture.hpp"
#include "inference/codec/feature_codec.hpp"
#include "policy/task_cost/descriptor.hpp"

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

/// JPEG at libjpeg's default quality 75: 128 photographs of imagenette's validation set take 1.72 bits a pixel at 224
/// pixels, 1.30 at 299, 1.05 at 416 and 0.68 at 800, where most are enlarged; this power meets each within 7 %.
constexpr double jpeg_bits_a_pixel = 1.72;
constexpr double jpeg_side = 224.0;
constexpr double jpeg_exponent = -0.73;

/// CPU cycles of a pixel's way through a JPEG encoder without vector code (estimated).
constexpr double jpeg_cycles_a_pixel = 40.0;

/// Speech: frames of 20 ms with 26 coefficients in float; compressed it goes as Opus, at 20 kbit/s for wideband speech
/// (RFC 6716 §2.1.1) and some 30 million CPU cycles a second (estimated).
constexpr double frame_seconds = 0.020;
constexpr double opus_bits_a_second = 20e3;
constexpr double opus_cycles_a_second = 30e6;

/// Bits of a feature on the wire: what the shipped bundles are trained for.
constexpr int feature_bits = 2;

/// A detector's answer: at most 100 boxes an image (COCO's limit) of four sides, a score and a class. Its raw maps, up
/// to 40 MB, stay in the cloud.
constexpr double values_of_boxes = 100.0 * 6.0;

/// Of an image; anything else is speech.
constexpr int colours = 3;

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
  const auto sent = static_cast<std::size_t>(std::lround(share * features.channels));
  return static_cast<double>(inference::max_frame_size(format, sent));
}

input_size speech_input(const inference::shape& frames) {
  const double seconds = frame_seconds * frames.positions();
  return {.raw_bytes = 4.0 * values_of(frames),
          .compressed_bytes = seconds * opus_bits_a_second / 8.0,
          .compressing_cycles = seconds * opus_cycles_a_second};
}

double cloud_seconds(const inference::part_cost& work) {
  return work.flops / cloud_flops_per_second + work.launches * cloud_seconds_a_launch;
}

share_terms remote_terms(const network_figures& figures, double share, double bytes, const inference::part_cost& work) {
  share_terms terms;
  terms.share = share;
  terms.wire_up_bytes = bytes + request_header_bytes;
  terms.wire_down_bytes = 4.0 * figures.reply_values + reply_header_bytes;
  terms.cloud_seconds = cloud_seconds(work);
  return terms;
}

/// AppealNet's second head: entropy and a linear layer over the local DNN's answer, in float.
device::workload judging(double values) {
  return {.flops = 6.0 * values, .bytes = 4.0 * 3.0 * values, .launches = 2.0};
}

/// What DVFO's rivals may send. The share of an uncompressed input (DRLDO) goes while the edge runs extractor and local
/// DNN on the rest, at the width of that share; a cloud that has it all runs the unsplit network.
std::vector<input_way> input_ways(const network_figures& figures, const task_model& task) {
  const auto& input = figures.input;
  const device::workload reading{.cpu_cycles = task.host_cycles};
  const device::workload compressing{.cpu_cycles = task.host_cycles + input.compressing_cycles};
  std::vector<input_way> ways;
  for (const double share : inference::trained_shares) {
    input_way way;
    way.sends = sending::input;
    way.front = reading;
    if (share > 0.0) way.terms = remote_terms(figures, share, share * input.raw_bytes, figures.whole);
    if (share < 1.0) way.terms.local = task.front + to_workload(figures.costs.local_at(share));
    ways.push_back(way);
  }
  ways.front().terms.top1 = figures.top1.front();
  ways.back().terms.top1 = figures.whole_top1;
  const auto whole = remote_terms(figures, 1.0, input.compressed_bytes, figures.whole);
  ways.push_back({sending::compressed, compressing, whole});
  const auto judged = task.front + task.ways.front().local + judging(figures.reply_values);
  ways.push_back({sending::appeal, judged + reading, share_terms{}});
  ways.push_back({sending::appeal, judged + compressing, whole});
  return ways;
}

}  // namespace

input_size image_input(int side, std::optional<double> jpeg_bytes) {
  const double pixels = static_cast<double>(side) * side;
  const double bits = jpeg_bits_a_pixel * std::pow(side / jpeg_side, jpeg_exponent);
  return {.raw_bytes = 3.0 * pixels,
          .compressed_bytes = jpeg_bytes.value_or(pixels * bits / 8.0),
          .compressing_cycles = jpeg_cycles_a_pixel * pixels};
}

task_model task_of_figures(const network_figures& figures) {
  task_model task;
  task.name = figures.name;
  task.front = to_workload(figures.costs.front());
  task.host_cycles = cycles_a_value * figures.input_values;
  for (std::size_t s = 0; s < inference::trained_shares.size(); ++s) {
    const double share = inference::trained_shares[s];
    share_terms way;
    if (share > 0.0) way = remote_terms(figures, share, figures.frame_bytes[s], figures.costs.remote);
    if (share < 1.0) way.local = to_workload(figures.costs.local_at(share));
    way.top1 = figures.top1[s];
    task.ways.push_back(way);
  }
  task.input_ways = input_ways(figures, task);
  return task;
}

task_model task_of_network(const std::string& name, double element_bytes, std::optional<double> jpeg_bytes) {
  const auto net = inference::make_architecture(name, inference::published_options(name));
  network_figures figures;
  figures.name = name;
  figures.costs = inference::costs_of(net, {.front = element_bytes, .local = element_bytes, .remote = 4.0});
  const auto& input = net.whole.at(0).out;
  figures.input_values = values_of(input);
  figures.whole = inference::cost_on(net.whole, 1.0, 4.0);
  figures.input = input.channels == colours ? image_input(input.width, jpeg_bytes) : speech_input(input);
  figures.reply_values = reply_values(net.trunk);
  for (std::size_t s = 1; s < inference::trained_shares.size(); ++s) {
    figures.frame_bytes[s] = plain_frame_bytes(net.features, inference::trained_shares[s]);
  }
  return task_of_figures(figures);
}

std::optional<int> image_side_of(const std::string& name) {
  const auto options = inference::published_options(name);
  const auto net = inference::make_architecture(name, options);
  if (net.whole.at(0).out.channels != colours) return std::nullopt;
  return options.input_size;
}

}  // namespace dvfo::policy
