#include "device/simulated/specifications.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "device/error.hpp"

namespace dvfo::device::simulated {
namespace {

constexpr std::string_view timm =
    "model tables of pytorch-image-models and torchvision; activations and layers not checked against them again";
constexpr std::string_view mlperf =
    "MLPerf Inference Benchmark (arXiv 1911.02549), not checked against it again; activations and layers estimated";

// Multiply-accumulates at the resolution that the measurement files use.
const std::vector<published_network>& networks() {
  static const std::vector<published_network> table{
      {"inception_v4", {"inception-v4", "inceptionv4"}, 42.68e6, 12.28e9, 15.09e6, 150, timm},
      {"resnet50", {"resnet", "resnet-50", "resnet_v1_50", "ResNet50"}, 25.56e6, 4.11e9, 11.11e6, 54, timm},
      {"vgg19", {"vgg", "VGG19"}, 143.67e6, 19.63e9, 14.86e6, 19, timm},
      {"yolov3-tiny",
       {"tiny-yolov3", "yolov3_tiny", "tiny_yolov3"},
       8.86e6,
       2.78e9,
       6.16e6,
       13,
       "pjreddie.com/darknet/yolo (5.56 BFLOPs at 416); activations and layers counted by hand"},
      {"ssd-mobilenet", {"ssd-mobilenet-v1", "ssd_mobilenet"}, 6.91e6, 1.235e9, 9.5e6, 47, mlperf},
      {"ssd-resnet34", {"ssd_resnet34"}, 36.3e6, 216.5e9, 150e6, 51, mlperf},
      {"bert-99",
       {"bert", "bert-large"},
       334e6,
       123.2e9,
       94e6,
       192,
       "BERT-large (arXiv 1810.04805) at 384 tokens, estimated from the architecture; attention scores stay on chip"},
      {"retinanet",
       {"retinanet-800"},
       38e6,
       200e9,
       235e6,
       115,
       "torchvision's RetinaNet table (151.5 GMACs at 800 pixels with 91 classes), scaled to 264 classes"},
      {"resnet18", {"resnet-18"}, 11.69e6, 1.82e9, 2.48e6, 21, timm},
      {"resnet34", {"resnet-34"}, 21.80e6, 3.67e9, 3.74e6, 37, timm},
      {"resnet101", {"resnet-101"}, 44.55e6, 7.83e9, 16.23e6, 105, timm},
      {"densenet121", {"densenet-121"}, 7.98e6, 2.87e9, 6.90e6, 121, timm},
      {"vgg16", {}, 138.36e6, 15.48e9, 13.56e6, 16, timm},
      {"mobilenet_v2", {"mobilenet-v2", "mobilenetv2"}, 3.50e6, 0.30e9, 6.68e6, 53, timm},
      {"efficientnet_b0", {"efficientnet-b0"}, 5.29e6, 0.39e9, 6.75e6, 82, timm},
      {"vit_b_16", {"vit-b16", "vit-b/16"}, 86.57e6, 17.56e9, 16.49e6, 98, timm},
  };
  return table;
}

constexpr std::string_view tegra_source =
    "NVIDIA data sheets (cores, bus width, power budget); the INA3221 channels by NVIDIA's device trees";

rail_parameters total(const char* name) { return {name, 1, 1, 1, 1, 1}; }

std::vector<rail_parameters> three_rails() {
  return {total("VDD_IN"), {"VDD_CPU_GPU_CV", 1, 1, 0, 0, 0}, {"VDD_SOC", 0, 0, 1, 0, 0}};
}

// Bytes a clock: bus bits / 8, twice for both edges. Peak: 2 operations a core and cycle (FP32, TX2), 4 (FP16, Nano),
// or the tensor cores' dense INT8 rate.
const std::vector<board_specification>& boards() {
  static const std::vector<board_specification> table{
      {"jetson-tx2",
       "",
       {},
       256,
       512,
       4,
       32,
       6,
       15,
       // Kernel driver of Tegra186: CPU clock → least memory clock.
       {{0.45e9, 408e6}, {0.8e9, 665.6e6}, {1.4e9, 1866e6}},
       {total("VDD_IN"),
        {"VDD_SYS_GPU", 1, 0, 0, 0, 0},
        {"VDD_SYS_SOC", 0, 0, 1, 0, 0},
        {"VDD_SYS_CPU", 0, 1, 0, 0, 0},
        {"VDD_SYS_DDR", 0, 0, 0, 1, 0}},
       tegra_source},
      {"jetson-nano",
       "jetson-tx2",
       {},
       128,
       512,
       2,
       16,
       4,
       10,
       {},
       {total("POM_5V_IN"), {"POM_5V_GPU", 1, 0, 0, 0, 0}, {"POM_5V_CPU", 0, 1, 0, 0, 0}},
       tegra_source},
      {"jetson-xavier-nx", "jetson-tx2", {"Xavier_NX"}, 384, 12288, 1, 32, 6, 20, {}, three_rails(), tegra_source},
      {"jetson-agx-xavier",
       "jetson-xavier-nx",
       {"AGX_Xavier"},
       512,
       16384,
       1,
       64,
       8,
       30,
       {},
       {{"GPU", 1, 0, 0, 0, 0},
        {"CPU", 0, 1, 0, 0, 0},
        {"SOC", 0, 0, 1, 0, 0},
        {"CV", 0, 0, 0, 0, 0.05},
        {"VDDRQ", 0, 0, 0, 1, 0},
        {"SYS5V", 0, 0, 0, 0, 0.95}},
       tegra_source},
      {"jetson-agx-orin",
       "jetson-xavier-nx",
       {"AGX_Orin", "Orin_AGX"},
       2048,
       65536,
       1,
       64,
       12,
       60,
       {},
       {{"VDD_GPU_SOC", 1, 0, 1, 0, 0},
        {"VDD_CPU_CV", 0, 1, 0, 0, 0},
        {"VIN_SYS_5V0", 0, 0, 0, 0, 1},
        {"VDDQ_VDD2_1V8AO", 0, 0, 0, 1, 0}},
       tegra_source},
      {"jetson-orin-nx", "jetson-agx-orin", {"Orin_NX"}, 1024, 32768, 1, 32, 8, 25, {}, three_rails(), tegra_source},
      {"jetson-orin-nano",
       "jetson-agx-orin",
       {"Orin_Nano"},
       1024,
       32768,
       1,
       32,
       6,
       25,
       {},
       three_rails(),
       tegra_source},
  };
  return table;
}

// Mean over nine PARSEC programs at each clock, github.com/vl18398/JNano-CPU-CoarseGrain.
constexpr std::array nano_cpu_power{
    cpu_rail_point{102.0e6, 0.246},  cpu_rail_point{204.0e6, 0.354},  cpu_rail_point{307.2e6, 0.410},
    cpu_rail_point{403.2e6, 0.467},  cpu_rail_point{518.4e6, 0.534},  cpu_rail_point{614.4e6, 0.587},
    cpu_rail_point{710.4e6, 0.640},  cpu_rail_point{921.6e6, 0.759},  cpu_rail_point{1036.8e6, 0.838},
    cpu_rail_point{1132.8e6, 0.851}, cpu_rail_point{1224.0e6, 0.976}, cpu_rail_point{1428.0e6, 1.221},
    cpu_rail_point{1479.0e6, 1.300}};

}  // namespace

std::span<const published_network> published_networks() { return networks(); }

const published_network* find_network(std::string_view name) {
  for (const auto& network : networks()) {
    if (network.name == name ||
        std::find(network.aliases.begin(), network.aliases.end(), name) != network.aliases.end()) {
      return &network;
    }
  }
  return nullptr;
}

workload workload_of(const published_network& network, double element_bytes, double batch) {
  return {2.0 * network.macs * batch, element_bytes * (network.parameters + 2.0 * network.activations * batch),
          network.layers};
}

std::span<const board_specification> board_specifications() { return boards(); }

const board_specification& find_specification(std::string_view board) {
  std::vector<std::string_view> names;
  for (const auto& candidate : boards()) {
    if (candidate.board == board) return candidate;
    names.push_back(candidate.board);
  }
  throw error(errc::unknown_board,
              fmt::format("no physics for board '{}'; the boards are {}", board, fmt::join(names, ", ")));
}

std::optional<std::string_view> board_of_system(std::string_view system) {
  for (const auto& candidate : boards()) {
    for (const auto prefix : candidate.systems) {
      if (system.starts_with(prefix)) return candidate.board;
    }
  }
  return std::nullopt;
}

std::span<const cpu_rail_point> published_cpu_power(std::string_view board) {
  if (board == "jetson-nano") return nano_cpu_power;
  return {};
}

}  // namespace dvfo::device::simulated
