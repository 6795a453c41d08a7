#include "cli/describe/description.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/terminal/table.hpp"

namespace dvfo::cli {
namespace {

std::string text_of(const inference::shape& map) {
  return fmt::format("{}×{}×{}", map.channels, map.height, map.width);
}

nlohmann::json json_of(const inference::shape& map) {
  return {{"channels", map.channels}, {"height", map.height}, {"width", map.width}};
}

}  // namespace

std::string description_text(const inference::architecture& net, const description_request& request) {
  std::vector<table_row> rows{{"part", "width", "parameters, M", "operations, M", "bytes, M", "launches"}};
  for (const auto& part : inference::describe(net, request.where)) {
    rows.push_back({part.name, fmt::format("{:.2f}", part.width),
                    fmt::format("{:.3f}", static_cast<double>(part.parameters) / 1e6),
                    fmt::format("{:.2f}", part.cost.flops / 1e6), fmt::format("{:.3f}", part.cost.bytes / 1e6),
                    fmt::format("{:.0f}", part.cost.launches)});
  }
  return fmt::format("{} on {}: input {}, base width {}, features {}\n\n{}", net.name, name_of(request.where),
                     text_of(net.whole.at(0).out), request.sizes.base_width, text_of(net.features), plain_table(rows));
}

nlohmann::json description_json(const inference::architecture& net, const description_request& request) {
  auto parts = nlohmann::json::array();
  for (const auto& part : inference::describe(net, request.where)) {
    parts.push_back({{"part", part.name},
                     {"width", part.width},
                     {"parameters", part.parameters},
                     {"flops", part.cost.flops},
                     {"bytes", part.cost.bytes},
                     {"launches", part.cost.launches}});
  }
  auto outputs = nlohmann::json::array();
  for (const int each : net.trunk.outputs()) outputs.push_back(json_of(net.trunk.at(each).out));
  return {{"architecture", net.name},
          {"backend", std::string(inference::name_of(request.where))},
          {"base_width", request.sizes.base_width},
          {"input", json_of(net.whole.at(0).out)},
          {"features", json_of(net.features)},
          {"outputs", outputs},
          {"parts", parts}};
}

}  // namespace dvfo::cli
