#include "inference/architectures/architecture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

struct entry {
  const char* name;
  architecture (*make)(const architecture_options&);
  architecture_options published;
};

// Adding an architecture: its file, its declaration, a row here. Feature channels are ours, not published: 32, more
// where the first stage has no strides left to take away.
constexpr std::array entries = {
    entry{"efficientnet-b0", make_efficientnet_b0, {.input_size = 224, .classes = 1000, .base_width = 32}},
    entry{"vit-b16", make_vit_b16, {.input_size = 224, .classes = 1000, .base_width = 768, .feature_channels = 64}},
    entry{"resnet18", make_resnet18, {.input_size = 224, .classes = 1000, .base_width = 64}},
    entry{"inception-v4", make_inception_v4, {.input_size = 299, .classes = 1000, .base_width = 32}},
    entry{"mobilenet-v2", make_mobilenet_v2, {.input_size = 224, .classes = 1000, .base_width = 32}},
    entry{"yolov3-tiny", make_yolov3_tiny, {.input_size = 416, .classes = 80, .base_width = 16}},
    entry{"retinanet", make_retinanet, {.input_size = 800, .classes = 80, .base_width = 64}},
    entry{"deepspeech", make_deepspeech, {.input_size = 16, .classes = 29, .base_width = 2048, .feature_channels = 64}},
};

const entry& find(const std::string& name) {
  const auto* const found =
      std::find_if(entries.begin(), entries.end(), [&](const entry& each) { return name == each.name; });
  if (found == entries.end()) {
    throw error(errc::bad_argument,
                fmt::format("unknown architecture \"{}\"; known: {}", name, fmt::join(architecture_names(), ", ")));
  }
  return *found;
}

}  // namespace

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  names.reserve(std::size(entries));
  for (const auto& each : entries) names.emplace_back(each.name);
  return names;
}

architecture make_architecture(const std::string& name, const architecture_options& options) {
  const entry& known = find(name);
  try {
    architecture net = known.make(options);
    net.name = known.name;
    return net;
  } catch (const error& problem) {
    throw error(problem.code(),
                fmt::format("{} with inputs of {}, base width {} and {} feature channels: {}", name, options.input_size,
                            options.base_width, options.feature_channels, problem.what()));
  }
}

architecture_options published_options(const std::string& name) { return find(name).published; }

}  // namespace dvfo::inference
