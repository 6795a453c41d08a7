#include "inference/published/given_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <numbers>
#include <sstream>

#include "files/folder.hpp"
#include "files/reading.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw error(errc::bad_dataset, fmt::format("{}: {}", file.string(), what));
}

fs::path file_ending_in(const fs::path& folder, std::string_view extension) {
  const auto found = with_file_errors_as(errc::bad_dataset, "", [&] { return files::list(folder); });
  for (const auto& file : found.files) {
    if (file.extension() == extension) return file;
  }
  refuse(folder, fmt::format("no file ends in {}; NAME.f32, NAME.tsv and imagenet_labels.txt are expected, but it {}",
                             extension, files::describe(found)));
}

/// One tensor of the table.
struct entry {
  int layer = 0;
  std::string tensor;
  std::vector<std::int64_t> shape;
  std::size_t offset = 0;
  std::size_t count = 0;
};

entry parse(const fs::path& file, std::size_t number, std::string_view line) {
  std::istringstream fields{std::string(line)};
  entry out;
  std::string kind;
  std::string shape;
  if (!(fields >> out.layer >> kind >> out.tensor >> shape >> out.offset >> out.count)) {
    refuse(file, fmt::format("line {} is \"{}\"; layer, kind, tensor, shape, byte offset and count are expected",
                             number, line));
  }
  std::size_t values = 1;
  std::istringstream sides(shape);
  for (std::string side; std::getline(sides, side, 'x');) {
    const long length = std::strtol(side.c_str(), nullptr, 10);
    if (length < 1 || length > 1'000'000) refuse(file, fmt::format("line {} has the shape {}", number, shape));
    out.shape.push_back(length);
    values *= static_cast<std::size_t>(length);
  }
  if (values != out.count) {
    refuse(file,
           fmt::format("line {}: the shape {} has {} values, the count says {}", number, shape, values, out.count));
  }
  return out;
}

torch::Tensor tensor_of(const entry& which, const std::string& bytes, const fs::path& file) {
  if (which.offset > bytes.size() || which.count > (bytes.size() - which.offset) / sizeof(float)) {
    refuse(file, fmt::format("has {} bytes; layer {}'s {} needs {} values from byte {}", bytes.size(), which.layer,
                             which.tensor, which.count, which.offset));
  }
  auto out = torch::empty(which.shape);
  std::memcpy(out.data_ptr<float>(), bytes.data() + which.offset, which.count * sizeof(float));
  if (!torch::isfinite(out).all().item<bool>()) {
    refuse(file, fmt::format("layer {}'s {} holds values that are not finite", which.layer, which.tensor));
  }
  return out;
}

/// "gas pump, gasoline pump" and "gas_pump" are both "gas pump".
std::string first_name(std::string label) {
  label = label.substr(0, label.find(','));
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

std::string text_of(const fs::path& file) {
  return with_file_errors_as(errc::bad_dataset, "", [&] { return files::read_text(file); });
}

bool has_given_weights(const op& o) {
  return o.kind == op_kind::conv || o.kind == op_kind::depthwise || o.kind == op_kind::linear;
}

}  // namespace

given_weights given_weights::load(const fs::path& folder) {
  given_weights out;
  out.folder = folder;
  const auto values = file_ending_in(folder, ".f32");
  const auto table = file_ending_in(folder, ".tsv");
  const auto bytes =
      with_file_errors_as(errc::bad_dataset, "", [&] { return files::read_whole(values, files::longest_data); });
  const auto lines = text_of(table);
  for (const auto& [number, line] : files::lines_of(lines)) {
    const auto found = parse(table, number, line);
    const auto layers = static_cast<int>(out.layers.size());
    if (found.layer != layers && found.layer != layers - 1) {
      refuse(table, fmt::format("line {} is of layer {}; expected {} or the one before", number, found.layer, layers));
    }
    if (found.layer == layers) out.layers.emplace_back();
    (found.tensor == "weight" ? out.layers.back().weight : out.layers.back().bias) = tensor_of(found, bytes, values);
  }
  for (std::size_t i = 0; i < out.layers.size(); ++i) {
    if (!out.layers[i].weight.defined() || !out.layers[i].bias.defined()) {
      refuse(table, fmt::format("layer {} lacks its weight or its bias", i));
    }
  }
  if (out.layers.empty()) refuse(table, "no layer; a line for each tensor is expected");
  const auto labels = text_of(folder / "imagenet_labels.txt");
  for (const auto& line : files::lines_of(labels)) out.labels.emplace_back(line.text);
  const auto classes = static_cast<std::size_t>(out.layers.back().bias.size(0));
  if (out.labels.size() != classes) {
    refuse(folder / "imagenet_labels.txt", fmt::format("{} labels for {} classes", out.labels.size(), classes));
  }
  return out;
}

std::vector<std::int64_t> given_weights::rows_of(const std::vector<std::string>& wanted) const {
  std::vector<std::int64_t> rows;
  for (const auto& label : wanted) {
    const auto found = std::find_if(labels.begin(), labels.end(),
                                    [&](const auto& known) { return first_name(known) == first_name(label); });
    if (found == labels.end()) {
      throw error(errc::bad_argument, fmt::format("{}: no class is called \"{}\"; the data set must hold classes that "
                                                  "the given network knows",
                                                  folder.string(), first_name(label)));
    }
    rows.push_back(found - labels.begin());
  }
  return rows;
}

given_weights given_weights::restricted_to(const std::vector<std::string>& wanted) const {
  given_weights out = *this;
  const auto index = torch::tensor(rows_of(wanted));
  out.layers.back() = {layers.back().weight.index_select(0, index), layers.back().bias.index_select(0, index)};
  out.labels = wanted;
  return out;
}

given_network_impl::given_network_impl(const architecture& net_of, const given_weights& weights)
    : net(register_module("net", network(net_of.whole, std::vector<double>{1.0}))) {
  std::size_t next = 0;
  const auto& ops = net_of.whole.ops();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (!has_given_weights(ops[i])) continue;
    if (next == weights.layers.size()) {
      throw error(errc::bad_argument,
                  fmt::format("{}: {} layers, {} has more", weights.folder.string(), next, net_of.name));
    }
    const auto& layer = weights.layers[next];
    const auto weight = ops[i].kind == op_kind::linear ? layer.weight.flatten(1) : layer.weight;
    if (!net->set_folded(static_cast<int>(i), weight, layer.bias)) {
      throw error(
          errc::bad_argument,
          fmt::format("{}: layer {} has a weight of {}, which does not fit {}'s operator {} ({} to {} channels): "
                      "the weights belong to another architecture or size",
                      weights.folder.string(), next, fmt::join(weight.sizes().vec(), "×"), net_of.name, i,
                      name_of(ops[i].kind), ops[i].out.channels));
    }
    ++next;
  }
  if (next != weights.layers.size()) {
    throw error(errc::bad_argument, fmt::format("{}: {} layers, {} has only {}", weights.folder.string(),
                                                weights.layers.size(), net_of.name, next));
  }
}

std::pair<torch::Tensor, torch::Tensor> given_network_impl::colour_statistics() {
  return {torch::full({3}, 0.5F), torch::full({3}, 0.5F)};
}

torch::Tensor given_network_impl::forward(const torch::Tensor& images) { return net((images - 0.5) / 0.5, 0); }

network_impl::answer given_network_impl::explained(const torch::Tensor& images) {
  return net->explained((images - 0.5) / 0.5, 0);
}

std::vector<torch::Tensor> given_network_impl::values(const torch::Tensor& images) {
  return net->values((images - 0.5) / 0.5, 0);
}

namespace {

/// Orthonormal [n, n], a discrete cosine transform: each row mixes all inputs about evenly.
torch::Tensor cosines(std::int64_t n) {
  const auto at = torch::arange(n, torch::kDouble);
  const double size = static_cast<double>(n);
  auto rows = torch::sqrt(torch::tensor(2.0 / size)) *
              torch::cos(torch::outer(2.0 * at + 1.0, at) * (std::numbers::pi / (2.0 * size)));
  rows.select(1, 0) /= std::numbers::sqrt2;
  return rows.to(torch::kFloat);
}

/// Weight and bias of the bottleneck that codes a map, channels in the order of what they tell, in several descriptions
/// (multiple description coding, Goyal 2001): each has the map's dimensions once, so that any whole one tells all. The
/// leading half of dimensions and the trailing one are mixed among themselves, for every channel to tell about as much
/// as its neighbours. A description is fainter than the one before, and so less important, that is, sent first: the
/// second one ends with the leading half. Of twice the map's channels the edge thus keeps a whole description up to
/// ξ = ½, while the cloud has the leading half at ¼ and all at ½. Nothing is rectified away: zero lies where the third
/// of the quantiser's levels is.
std::pair<torch::Tensor, torch::Tensor> descriptions(const torch::Tensor& map, std::int64_t channels) {
  constexpr double fainter = 0.55;         // a half than the half before: orders of importance hardly overlap
  constexpr double leading_step = 1.5;     // of the quantiser, in deviations: about 1.4 bits a value …
  constexpr double trailing_step = 1.8;    // … and 1.1 where less depends on it
  constexpr double levels_below_mean = 2;  // of four
  const auto inputs = map.size(1);
  const auto half = inputs / 2;
  const auto places = map.transpose(0, 1).flatten(1).to(torch::kDouble);
  const auto mean = places.mean(1);
  const auto covariance = torch::cov(places, /*correction=*/0);
  auto weight = torch::zeros({channels, inputs}, torch::kDouble);
  auto bias = torch::zeros({channels}, torch::kDouble);
  double level = 1.0;
  for (std::int64_t first = 0, group = 0; first < channels; ++group) {
    const bool leading = group % 4 == 0 || group % 4 == 3;
    const auto size = leading ? half : inputs - half;
    const auto from = leading ? 0 : half;
    // Alternating signs mix another way in every second description, so that rounding errs another way, too.
    const auto signs = group % 4 < 2 ? torch::ones({size}) : 1 - 2 * torch::arange(size).remainder(2);
    const auto mixed = cosines(size).to(torch::kDouble) * signs;
    for (std::int64_t row = 0; row < size && first < channels; ++row, ++first) {
      weight[first].narrow(0, from, size).copy_(mixed[row]);
      const auto deviation = torch::sqrt(weight[first].matmul(covariance).dot(weight[first])).item<double>();
      weight[first] *= level / (levels_below_mean * (leading ? leading_step : trailing_step) * deviation + 1e-9);
      bias[first] = level - weight[first].dot(mean);
    }
    level *= fainter;
  }
  return {weight.to(torch::kFloat).view({channels, inputs, 1, 1}), bias.to(torch::kFloat)};
}

/// Copies the rest, from the classifier backwards; returns the trunk's last operator that the published one lacks.
int copy_rest(const network& given, network& trunk, int first_of_rest) {
  auto there = static_cast<int>(given->layout().ops().size()) - 1;
  auto here = static_cast<int>(trunk->layout().ops().size()) - 1;
  while (here > 1 && there >= first_of_rest && trunk->copy_operator(*given, there, here)) {
    --here;
    --there;
  }
  if (there != first_of_rest - 1 || here != 1) {
    throw error(
        errc::bad_argument,
        "given weights fit an architecture whose trunk widens the bottleneck in one 1×1 convolution and goes on "
        "as published; this one does not: begin it without them");
  }
  return here;
}

/// Weight and bias of the 1×1 convolution that comes nearest to `wanted`, both maps [N, channels, H, W].
std::pair<torch::Tensor, torch::Tensor> least_squares(const torch::Tensor& features, const torch::Tensor& wanted) {
  const auto rows = [](const torch::Tensor& map) { return map.transpose(0, 1).flatten(1).t().to(torch::kDouble); };
  auto x = rows(features);
  x = torch::cat({x, torch::ones({x.size(0), 1}, x.options())}, 1);
  const auto normal = x.t().matmul(x) + 1e-6 * torch::eye(x.size(1), x.options());
  const auto solution = torch::linalg_solve(normal, x.t().matmul(rows(wanted))).to(torch::kFloat);
  const auto inputs = features.size(1);
  return {solution.narrow(0, 0, inputs).t().contiguous().unsqueeze(2).unsqueeze(3), solution[inputs]};
}

/// Gates of ½ everywhere: the map passes undisturbed until training finds what to weigh.
void open_gates(const scam_impl& attention) {
  for (auto& each : attention.named_parameters()) {
    if (!each.key().starts_with("squeeze")) each.value().zero_();
  }
}

}  // namespace

void start_from_given(given_network& given, const torch::Tensor& images, reference_network& to) {
  torch::NoGradGuard no_gradient;
  const auto [mean, deviation] = given_network_impl::colour_statistics();
  to->stage->set_colour_statistics(mean, deviation);
  network extractor = to->stage->extractor();
  network trunk = to->trunk;
  const auto bottleneck = static_cast<int>(extractor->layout().ops().size()) - 1;
  for (int i = 1; i < bottleneck; ++i) extractor->copy_operator(*given->net, i, i);
  const int widening = copy_rest(given->net, trunk, bottleneck);
  const auto channels = extractor->layout().at(bottleneck).out.channels;
  const auto map = given->values(images)[static_cast<std::size_t>(bottleneck) - 1];
  const auto [narrowing, shift] = descriptions(map, channels);
  if (!extractor->set_folded(bottleneck, narrowing, shift)) {
    throw error(errc::bad_argument, "given weights fit an architecture whose bottleneck is one 1×1 convolution");
  }
  open_gates(*to->stage->attention());
  to->eval();
  const auto features = to->stage(images).features;
  const auto [weight, bias] = least_squares(features, map);
  trunk->set_folded(widening, weight, bias);
  extractor->adopt_statistics((images - mean.view({1, 3, 1, 1})) / deviation.view({1, 3, 1, 1}));
  trunk->adopt_statistics(features);
}

void freeze_first_stage(front& stage) {
  network extractor = stage->extractor();
  extractor->freeze_below(static_cast<int>(extractor->layout().ops().size()) - 1);
}

void freeze_later_half(network& remote) {
  remote->freeze_weights_from(static_cast<int>(remote->layout().ops().size()) / 2);
}

}  // namespace dvfo::inference
