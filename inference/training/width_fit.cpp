#include "inference/training/width_fit.hpp"

#include <algorithm>

namespace dvfo::inference {
namespace {

constexpr std::int64_t images_at_once = 25;  // bounds what windows take
// A hundred for every unknown of the widest layers. Looking at fewer where unknowns are few saved time, but
// remote halves answered worse on pictures held back.
constexpr std::int64_t enough_places = 100'000;

bool can_be_fitted(const op& o) {
  return (o.kind == op_kind::conv || o.kind == op_kind::depthwise || o.kind == op_kind::linear) && o.weights_of < 0;
}

torch::Tensor kept_channels(const torch::Tensor& map, const std::vector<channel_range>& kept) {
  return operators::keep(map, map.dim() == 3 ? 2 : 1, kept);  // a sequence's lie last
}

/// Every so many-th position of a map [N, …, H, W], a sequence [N, T, …] or a vector [N, …]: what the places of many
/// pictures tell is much the same.
class places {
 public:
  places(const torch::Tensor& map, std::int64_t first, std::int64_t step) : is_map_(map.dim() == 4) {
    const auto inner = is_map_ ? map.size(2) * map.size(3) : map.dim() == 3 ? map.size(1) : 1;
    const auto chosen = torch::arange(first, map.size(0) * inner, step, map.options().dtype(torch::kLong));
    const auto width = is_map_ ? map.size(3) : 1;
    picture_ = chosen.div(inner, "floor");
    const auto within = chosen.remainder(inner);
    row_ = within.div(width, "floor");
    column_ = within.remainder(width);
  }

  /// [rows, C]
  [[nodiscard]] torch::Tensor values(const torch::Tensor& map) const {
    if (is_map_) return map.permute({0, 2, 3, 1}).index({picture_, row_, column_});
    return map.dim() == 3 ? map.index({picture_, row_}) : map.index({picture_});
  }

  /// What a convolution's weights are multiplied with there: [rows, C, window].
  [[nodiscard]] torch::Tensor windows(const op& o, const torch::Tensor& x) const {
    const auto padded = torch::constant_pad_nd(x, {o.before.width, o.after.width, o.before.height, o.after.height});
    const auto windows = padded.unfold(2, o.kernel.height, o.stride).unfold(3, o.kernel.width, o.stride);
    return windows.permute({0, 2, 3, 1, 4, 5}).index({picture_, row_, column_}).flatten(2);
  }

 private:
  bool is_map_;
  torch::Tensor picture_, row_, column_;
};

/// Problems that share nothing: [groups, rows, unknowns] and [groups, rows, outputs]. A layer that mixes channels is
/// one, a depthwise one a problem a channel.
struct problem {
  torch::Tensor inputs;
  torch::Tensor outputs;
};

problem problem_of(const op& o, const torch::Tensor& x, const torch::Tensor& target, const places& seen) {
  const auto outputs = seen.values(target);
  if (o.kind == op_kind::depthwise) return {seen.windows(o, x).transpose(0, 1), outputs.t().unsqueeze(2)};
  const auto inputs = o.kind == op_kind::linear ? seen.values(x) : seen.windows(o, x).flatten(1);
  return {inputs.unsqueeze(0), outputs.unsqueeze(0)};
}

torch::Tensor with_ones(const torch::Tensor& inputs) {
  return torch::cat({inputs, torch::ones({inputs.size(0), inputs.size(1), 1}, inputs.options())}, 2);
}

/// Least squares, drawn to `prior` [groups, unknowns, outputs] the more, the fewer rows there are for an unknown.
/// [groups, unknowns + 1, outputs], the bias last.
class regression {
 public:
  void add(const problem& part) {
    const auto x = with_ones(part.inputs.to(torch::kDouble));
    const auto y = part.outputs.to(torch::kDouble);
    const auto squares = torch::bmm(x.transpose(1, 2), x);
    const auto products = torch::bmm(x.transpose(1, 2), y);
    squares_ = squares_.defined() ? squares_ + squares : squares;
    products_ = products_.defined() ? products_ + products : products;
    rows_ += x.size(1);
  }

  [[nodiscard]] torch::Tensor solve(const torch::Tensor& prior) const {
    const auto unknowns = prior.size(1);
    const auto diagonal = squares_.diagonal(0, 1, 2).narrow(1, 0, unknowns);
    const double strength = pull * static_cast<double>(unknowns) / static_cast<double>(rows_) + least_pull;
    const auto pulls = diagonal.mean(1, /*keepdim=*/true) * strength + 1e-9;
    auto squares = squares_.clone();
    squares.diagonal(0, 1, 2).narrow(1, 0, unknowns) += pulls;
    auto products = products_.clone();
    products.narrow(1, 0, unknowns) += pulls.unsqueeze(2) * prior.to(torch::kDouble);
    return torch::linalg_solve(squares, products).to(torch::kFloat);
  }

 private:
  static constexpr double pull = 1.0;         // for as many rows as unknowns: as strong as the data
  static constexpr double least_pull = 1e-4;  // keeps what hardly varies where it was
  torch::Tensor squares_;
  torch::Tensor products_;
  std::int64_t rows_ = 0;
};

/// Sums that the layer is to come to: the teacher's, and where they are added to what passed by, what is missing there.
class width_fit {
 public:
  width_fit(network_impl& narrow, std::size_t variant, network_impl& teacher)
      : narrow_(narrow), variant_(variant), teacher_(teacher), net_(narrow.layout()), last_reader_(readers(net_)) {}

  void run(const torch::Tensor& wanted, const torch::Tensor& seen) {
    wanted_ = {wanted};
    seen_ = {seen};
    for (int i = 1; i < static_cast<int>(net_.ops().size()); ++i) {
      if (can_be_fitted(net_.at(i))) fit(i);
      wanted_.push_back(teacher_.run(i, 0, wanted_));
      seen_.push_back(narrow_.run(i, variant_, seen_));
      forget(i);
    }
  }

 private:
  static std::vector<int> readers(const graph& net) {
    std::vector<int> last(net.ops().size(), 0);
    for (int i = 0; i < static_cast<int>(last.size()); ++i) {
      for (const int from : net.at(i).from) last[static_cast<std::size_t>(from)] = i;
    }
    return last;
  }

  void forget(int done) {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (last_reader_[i] <= done && static_cast<int>(i) != done) wanted_[i] = seen_[i] = torch::Tensor();
    }
  }

  [[nodiscard]] std::vector<channel_range> kept(int index) const {
    return net_.kept(index, narrow_.widths()[variant_]);
  }

  torch::Tensor target_of(int index) {
    const auto sums = teacher_.sums(index, 0, wanted_);
    const int reader = last_reader_[static_cast<std::size_t>(index)];
    const op& next = net_.at(reader);
    if (reader <= index || next.kind != op_kind::add || net_.at(index).then != activation::none) {
      return kept_channels(sums, kept(index));
    }
    const int beside = next.from[0] == index ? next.from[1] : next.from[0];
    if (beside >= index) return kept_channels(sums, kept(index));
    return kept_channels(sums + wanted_[static_cast<std::size_t>(beside)], kept(index)) -
           seen_[static_cast<std::size_t>(beside)];
  }

  void fit(int index) {
    const op& o = net_.at(index);
    const auto target = target_of(index);
    const auto& x = seen_[static_cast<std::size_t>(o.from[0])];
    const auto step = std::max<std::int64_t>(1, x.size(0) * o.out.positions() / enough_places);
    regression sums;
    for (std::int64_t first = 0; first < x.size(0); first += images_at_once) {
      const auto count = std::min(images_at_once, x.size(0) - first);
      const auto part = target.narrow(0, first, count);
      sums.add(problem_of(o, x.narrow(0, first, count), part, places(part, first % step, step)));
    }
    const auto whole = teacher_.fold(index, 0);
    const auto start = operators::cut(net_, index, {whole.weight, whole.bias}, narrow_.widths()[variant_]).weight;
    const bool each = o.kind == op_kind::depthwise;
    const auto prior = each ? start.flatten(1).unsqueeze(2) : start.flatten(1).t().unsqueeze(0);
    const auto found = sums.solve(prior);
    const auto unknowns = prior.size(1);
    const auto weight = found.narrow(1, 0, unknowns);
    const auto bias = found.select(1, unknowns);
    narrow_.set_parted(index, variant_, (each ? weight : weight[0].t()).reshape(start.sizes()), bias.flatten(), seen_);
  }

  network_impl& narrow_;
  std::size_t variant_;
  network_impl& teacher_;
  const graph& net_;
  std::vector<int> last_reader_;  // of every operator; 0: none
  std::vector<torch::Tensor> wanted_;
  std::vector<torch::Tensor> seen_;
};

}  // namespace

void fit_width(network_impl& narrow, std::size_t variant, network_impl& teacher, const torch::Tensor& wanted,
               const torch::Tensor& seen) {
  torch::NoGradGuard no_gradient;
  width_fit(narrow, variant, teacher).run(wanted, seen);
}

}  // namespace dvfo::inference
