#include "inference/tasks/classification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

std::string class_name(std::size_t index, const std::vector<std::string>& labels) {
  return index < labels.size() ? labels[index] : fmt::format("class {}", index);
}

}  // namespace

std::string class_prediction::to_text() const { return fmt::format("{} ({:.1f} %)", name, 100.0 * probability); }

class_prediction classify(std::span<const float> logits, const std::vector<std::string>& labels) {
  if (logits.empty()) throw error(errc::bad_argument, "no logits to find a class in, expected one a class");
  class_prediction out{.predicted = argmax(logits), .probabilities = softmax(logits)};
  out.name = class_name(out.predicted, labels);
  out.probability = static_cast<double>(out.probabilities.at(out.predicted));
  return out;
}

class_truth class_of(std::uint32_t label, const std::vector<std::string>& labels) {
  return {.label = label, .name = class_name(label, labels)};
}

std::vector<float> softmax(std::span<const float> logits) {
  if (logits.empty()) return {};
  const double highest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> weights;
  weights.reserve(logits.size());
  for (const float x : logits) weights.push_back(std::exp(static_cast<double>(x) - highest));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<float> out;
  out.reserve(weights.size());
  for (const double w : weights) out.push_back(static_cast<float>(w / total));
  return out;
}

std::size_t argmax(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace dvfo::inference
