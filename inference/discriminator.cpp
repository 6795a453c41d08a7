#include "inference/discriminator.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <vector>

#include "files/output.hpp"
#include "files/reading.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

constexpr std::int64_t format_version = 1;

constexpr files::kind rule_file{"a rule of 'dvfo train discriminator'", [](std::string_view head) {
                                  return head.starts_with("# Written by `dvfo train discriminator`");
                                }};

/// Logits of a network of a hundred classes spread over some tens.
constexpr double logit_scale = 0.1;

std::string id_text(std::uint64_t id) { return fmt::format("{:016x}", id); }

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw error(errc::bad_bundle, fmt::format("{}: {}; 'dvfo train discriminator' writes it anew", file.string(), what));
}

double number(const std::filesystem::path& file, const toml::table& in, const char* key, double lowest,
              double highest) {
  const auto value = in[key].value<double>();
  if (!value) fail(file, fmt::format("\"{}\" is missing or no number", key));
  if (!(*value >= lowest && *value <= highest)) {
    fail(file, fmt::format("\"{}\" is {}, expected {} to {}", key, *value, lowest, highest));
  }
  return *value;
}

std::string text(const std::filesystem::path& file, const toml::table& in, const char* key) {
  const auto value = in[key].value<std::string>();
  if (!value) fail(file, fmt::format("\"{}\" is missing or no text", key));
  return *value;
}

discriminator::parameters parameters_of(const std::filesystem::path& file, const toml::table& in) {
  const auto* list = in["parameters"].as_array();
  if (list == nullptr || list->size() != discriminator::parameter_count) {
    fail(file, fmt::format("\"parameters\" has {} values, expected {}", list == nullptr ? 0 : list->size(),
                           discriminator::parameter_count));
  }
  discriminator::parameters out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto value = (*list)[i].value<double>();
    if (!value || !std::isfinite(*value)) fail(file, fmt::format("parameter {} is no number", i));
    out[i] = static_cast<float>(*value);
  }
  return out;
}

}  // namespace

discriminator::features discriminator::features_of(std::span<const float> logits) {
  std::vector<double> sorted(logits.begin(), logits.end());
  if (sorted.size() < 2) throw error(errc::bad_argument, "a discriminator needs the logits of at least two classes");
  std::partial_sort(sorted.begin(),
                    sorted.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(3, sorted.size())), sorted.end(),
                    std::greater<>());
  const auto count = static_cast<double>(sorted.size());
  double mass = 0.0;
  double mean = 0.0;
  double square = 0.0;
  for (const double logit : sorted) {
    mass += std::exp(logit - sorted[0]);
    mean += logit / count;
    square += logit * logit / count;
  }
  double entropy = 0.0;
  for (const double logit : sorted) {
    const double chance = std::exp(logit - sorted[0]) / mass;
    if (chance > 0.0) entropy -= chance * std::log(chance);
  }
  const auto chance = [&](std::size_t which) { return std::exp(sorted[which] - sorted[0]) / mass; };
  const std::array<double, inputs> out = {chance(0),
                                          chance(1),
                                          sorted.size() > 2 ? chance(2) : 0.0,
                                          logit_scale * (sorted[0] - sorted[1]),
                                          entropy / std::log(count),
                                          logit_scale * (sorted[0] + std::log(mass) - mean),
                                          logit_scale * (sorted[0] - mean),
                                          logit_scale * std::sqrt(std::max(0.0, square - mean * mean))};
  features seen{};
  std::transform(out.begin(), out.end(), seen.begin(), [](double value) { return static_cast<float>(value); });
  return seen;
}

double discriminator::easy(const features& seen) const noexcept {
  const float* biases = parameters_.data() + hidden * inputs;
  const float* last = biases + hidden;
  float sum = last[hidden];
  for (std::size_t unit = 0; unit < hidden; ++unit) {
    float input = biases[unit];
    for (std::size_t i = 0; i < inputs; ++i) input += parameters_[unit * inputs + i] * seen[i];
    sum += last[unit] * std::tanh(input);
  }
  return 1.0 / (1.0 + std::exp(-static_cast<double>(sum)));
}

std::filesystem::path appeal_rule_file(const std::filesystem::path& bundle) { return bundle / "discriminator.toml"; }

void check_output_of_rule(const std::filesystem::path& file) {
  with_file_errors_as(errc::io, "", [&] { files::check_output(file, rule_file); });
}

void save(const appeal_rule& rule, const std::filesystem::path& file) {
  toml::array values;
  for (const float each : rule.head.values()) values.push_back(static_cast<double>(each));
  toml::table out{{"format_version", format_version},
                  {"weights_id", id_text(rule.bundle_id)},
                  {"recipe", rule.recipe},
                  {"threshold", rule.threshold},
                  {"beta", rule.beta},
                  {"dataset", rule.dataset},
                  {"test_images", rule.images},
                  {"skipping_rate", rule.skipping_rate},
                  {"top1_percent", rule.top1},
                  {"cloud_top1_percent", rule.cloud_top1}};
  if (rule.top1_accepted) out.insert("accepted_top1_percent", *rule.top1_accepted);
  if (rule.top1_appealed) out.insert("appealed_top1_percent", *rule.top1_appealed);
  std::ostringstream stream;
  stream << "# Written by `dvfo train discriminator`: AppealNet's second head for the bundle of these weights. See "
            "docs/schemes.md.\n"
         << out << "\nparameters = [";
  // toml++ would give each of them a line.
  for (std::size_t i = 0; i < values.size(); ++i) {
    stream << (i % 10 == 0 ? "\n    " : " ") << fmt::format("{}", rule.head.values()[i]);
    if (values.size() > i + 1) stream << ',';
  }
  stream << "\n]\n";
  with_file_errors_as(errc::io, "", [&] { files::write_whole(file, stream.str(), rule_file); });
}

appeal_rule load_appeal_rule(const std::filesystem::path& file, std::uint64_t bundle_id) {
  const auto document = with_file_errors_as(errc::bad_bundle, "'dvfo train discriminator' writes such a file",
                                            [&] { return files::read_text(file); });
  toml::table in;
  try {
    in = toml::parse(document, file.string());
  } catch (const toml::parse_error& problem) {
    fail(file, fmt::format("line {}: {}", problem.source().begin.line, problem.description()));
  }
  constexpr double most = 1e9;
  if (const auto version = number(file, in, "format_version", 0, most); version != format_version) {
    fail(file, fmt::format("\"format_version\" is {}, expected {}", version, format_version));
  }
  if (const auto id = text(file, in, "weights_id"); id != id_text(bundle_id)) {
    fail(file, fmt::format("was trained for the weights {}, but the bundle's are {}", id, id_text(bundle_id)));
  }
  appeal_rule out;
  out.head = discriminator(parameters_of(file, in));
  out.bundle_id = bundle_id;
  out.recipe = text(file, in, "recipe");
  out.dataset = text(file, in, "dataset");
  out.threshold = number(file, in, "threshold", 0.0, 2.0);
  out.beta = number(file, in, "beta", 0.0, most);
  out.images = static_cast<std::int64_t>(number(file, in, "test_images", 1, most));
  out.skipping_rate = number(file, in, "skipping_rate", 0.0, 1.0);
  out.top1 = number(file, in, "top1_percent", 0.0, 100.0);
  out.cloud_top1 = number(file, in, "cloud_top1_percent", 0.0, 100.0);
  if (in.contains("accepted_top1_percent")) out.top1_accepted = number(file, in, "accepted_top1_percent", 0.0, 100.0);
  if (in.contains("appealed_top1_percent")) out.top1_appealed = number(file, in, "appealed_top1_percent", 0.0, 100.0);
  return out;
}

}  // namespace dvfo::inference
