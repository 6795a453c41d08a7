#include "inference/training/channel_order.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace dvfo::inference {
namespace {

bool mixes_channels(op_kind kind) { return kind == op_kind::conv || kind == op_kind::linear; }

/// Operators whose output has the channels of their inputs, one for one.
bool keeps_channels(op_kind kind) {
  switch (kind) {
    case op_kind::add:
    case op_kind::scale:
    case op_kind::depthwise:
    case op_kind::activate:
    case op_kind::max_pool:
    case op_kind::average_pool:
    case op_kind::global_average:
    case op_kind::upsample:
      return true;
    default:
      return false;
  }
}

/// Operators whose outputs must keep one common order of channels are a *space*; each is named by one of its members.
class channel_spaces {
 public:
  explicit channel_spaces(const graph& net) : net_(net), parent_(net.ops().size()), movable_(net.ops().size(), true) {
    const int count = static_cast<int>(parent_.size());
    for (int i = 0; i < count; ++i) parent_[static_cast<std::size_t>(i)] = i;
    for (int i = 0; i < count; ++i) {
      if (!keeps_channels(net.at(i).kind)) continue;
      const bool joins_all = net.at(i).kind != op_kind::upsample;  // its second input lends its size alone
      for (std::size_t k = 0; k < (joins_all ? net.at(i).from.size() : 1); ++k) unite(net.at(i).from[k], i);
    }
    for (int i = 0; i < count; ++i) {
      const op& o = net.at(i);
      if (mixes_channels(o.kind) || keeps_channels(o.kind)) continue;
      pin(i);
      for (const int from : o.from) pin(from);
    }
    for (const int index : net.outputs()) pin(index);
  }

  [[nodiscard]] int of(int index) const {
    while (parent_[static_cast<std::size_t>(index)] != index) index = parent_[static_cast<std::size_t>(index)];
    return index;
  }

  /// Those whose channels may change places: neither the picture's colours nor the answer.
  [[nodiscard]] std::vector<int> movable() const {
    std::vector<int> spaces;
    for (int i = 0; i < static_cast<int>(parent_.size()); ++i) {
      if (of(i) == i && movable_[static_cast<std::size_t>(i)]) spaces.push_back(i);
    }
    return spaces;
  }

  [[nodiscard]] bool can_move(int index) const { return movable_[static_cast<std::size_t>(of(index))] != 0; }

  /// Whether only sums lie between the convolutions that make a space and those that read it.
  [[nodiscard]] bool is_linear(int space) const {
    for (int i = 0; i < static_cast<int>(parent_.size()); ++i) {
      const op& o = net_.at(i);
      const bool sums = mixes_channels(o.kind) || o.kind == op_kind::add;
      if (of(i) == space && (!sums || o.then != activation::none)) return false;
    }
    return true;
  }

 private:
  void unite(int a, int b) { parent_[static_cast<std::size_t>(of(a))] = of(b); }
  void pin(int index) { movable_[static_cast<std::size_t>(of(index))] = false; }

  const graph& net_;
  std::vector<int> parent_;
  std::vector<char> movable_;  // by the space's name
};

/// One row a position: [N·positions, C] of a map or vectors, at most about `most` of them, evenly spread.
torch::Tensor rows_of(const torch::Tensor& value, std::int64_t most) {
  const auto places = value.dim() == 4 ? value.flatten(2) : value.unsqueeze(2);
  const auto step = std::max<std::int64_t>(1, value.size(0) * places.size(2) / most);
  return places.slice(2, 0, places.size(2), step).permute({0, 2, 1}).flatten(0, 1).to(torch::kDouble);
}

/// Sums over positions that a mean and second moments are made of.
class moments {
 public:
  void add(const torch::Tensor& rows) {
    const auto first = rows.sum(0);
    const auto second = rows.t().matmul(rows);
    first_ = first_.defined() ? first_ + first : first;
    second_ = second_.defined() ? second_ + second : second;
    count_ += static_cast<double>(rows.size(0));
  }
  [[nodiscard]] double count() const { return count_; }
  [[nodiscard]] torch::Tensor second() const { return second_ / count_; }  // [C, C]
  [[nodiscard]] torch::Tensor covariance() const {
    const auto mean = first_ / count_;
    return second() - torch::outer(mean, mean);
  }

 private:
  torch::Tensor first_;
  torch::Tensor second_;
  double count_ = 0.0;
};

/// What is known of one operator's outputs.
struct channel_statistics {
  moments values;
  moments slopes;  // of the answer, by the output: how much an error there disturbs it
};

/// New channels from old ones and back, [C, C] each.
struct basis {
  torch::Tensor to;
  torch::Tensor back;
};

basis in_order(const torch::Tensor& order) {
  const auto to = torch::eye(order.size(0), torch::kDouble).index_select(0, order);
  return {to, to.t()};
}

torch::Tensor with_ridge(const torch::Tensor& squares, double strength) {
  return squares + torch::eye(squares.size(0), squares.options()) * (squares.diagonal().mean() * strength + 1e-12);
}

/// Channels to whose errors the answer is equally sensitive, those of the largest variance first.
basis balanced(const torch::Tensor& covariance, const torch::Tensor& slopes) {
  constexpr double least_slope = 1e-2;  // of their mean: a direction is never thought to matter not at all
  const auto [values, vectors] = torch::linalg_eigh(with_ridge(slopes, least_slope));
  const auto root = vectors.matmul(torch::diag(values.sqrt())).matmul(vectors.t());
  const auto inverse = vectors.matmul(torch::diag(values.rsqrt())).matmul(vectors.t());
  const auto principal = std::get<1>(torch::linalg_eigh(root.matmul(covariance).matmul(root))).flip({1});
  const auto to = principal.t().matmul(root);
  // As large as they were, altogether: all that follows knows values of that size.
  const auto size = torch::sqrt(covariance.trace() / to.matmul(covariance).matmul(to.t()).trace().clamp_min(1e-12));
  return {to * size, inverse.matmul(principal) / size};
}

/// Channels in the order in which they are least dispensable: one by one goes the one without which what `reads`
/// [outputs, C] makes of them changes least, when the others make up for it as well as they can. `rows`: over how many
/// the covariance was taken.
basis by_elimination(const torch::Tensor& covariance, torch::Tensor reads, double rows) {
  const auto channels = covariance.size(0);
  auto inverse = torch::linalg_inv(with_ridge(covariance, static_cast<double>(channels) / rows + 1e-4));
  auto gone = torch::zeros({channels}, torch::kDouble);
  std::vector<std::int64_t> order;
  for (std::int64_t k = 0; k < channels; ++k) {
    const auto cost = reads.square().sum(0) / inverse.diagonal() + gone;
    const auto least = cost.argmin().item<std::int64_t>();
    const auto row = inverse[least].clone();
    const double own = row[least].item<double>();
    reads = reads - torch::outer(reads.select(1, least), row) / own;
    inverse = inverse - torch::outer(row, row) / own;
    inverse[least][least] = 1.0;
    gone[least] = std::numeric_limits<double>::infinity();
    order.push_back(least);
  }
  std::reverse(order.begin(), order.end());
  return in_order(torch::tensor(order));
}

class channel_ordering {
 public:
  channel_ordering(const architecture& net, const given_weights& weights)
      : net_(net.whole),
        spaces_(net.whole),
        weights_(weights),
        published_(net, weights),
        layer_of_(net.whole.ops().size(), -1),
        known_(net.whole.ops().size()) {
    published_->eval();
    int next = 0;
    for (std::size_t i = 0; i < layer_of_.size(); ++i) {
      const op_kind kind = net_.ops()[i].kind;
      if (mixes_channels(kind) || kind == op_kind::depthwise) layer_of_[i] = next++;
    }
  }

  /// Looks at pictures [N, 3, S, S], 0…1.
  void learn_from(const torch::Tensor& images) {
    constexpr std::int64_t most = 5000;  // places of a part: neighbours tell nearly the same
    torch::AutoGradMode gradients(true);
    const auto values = published_->values(images);
    // A direction among answers at random, of all in turn; what moves all alike changes none.
    const auto drawn = torch::randn_like(values.back());
    const auto direction = drawn - drawn.mean(1, /*keepdim=*/true);
    std::vector<int> found;
    std::vector<torch::Tensor> outputs;
    for (int i = 1; i + 1 < static_cast<int>(values.size()); ++i) {
      if (!spaces_.can_move(i)) continue;
      found.push_back(i);
      outputs.push_back(values[static_cast<std::size_t>(i)]);
    }
    const auto slopes = torch::autograd::grad({(values.back() * direction).sum()}, outputs);
    for (std::size_t k = 0; k < found.size(); ++k) {
      auto& known = known_[static_cast<std::size_t>(found[k])];
      known.values.add(rows_of(outputs[k].detach(), most));
      known.slopes.add(rows_of(slopes[k], most));
    }
  }

  given_weights ordered() {
    for (const int space : spaces_.movable()) apply(space, basis_of(space));
    return weights_;
  }

 private:
  [[nodiscard]] std::vector<int> members(int space) const {
    return where([&](int i) { return spaces_.of(i) == space; });
  }
  [[nodiscard]] std::vector<int> readers(int space) const {
    return where([&](int i) { return mixes_channels(net_.at(i).kind) && spaces_.of(net_.at(i).from[0]) == space; });
  }
  template <class Predicate>
  [[nodiscard]] std::vector<int> where(Predicate holds) const {
    std::vector<int> found;
    for (int i = 0; i < static_cast<int>(layer_of_.size()); ++i) {
      if (holds(i)) found.push_back(i);
    }
    return found;
  }

  given_weights::layer& layer(int index) {
    return weights_.layers[static_cast<std::size_t>(layer_of_[static_cast<std::size_t>(index)])];
  }
  const channel_statistics& read_by(int reader) const {
    return known_[static_cast<std::size_t>(net_.at(reader).from[0])];
  }

  basis basis_of(int space) {
    const auto all = readers(space);
    if (all.size() == 1 && !spaces_.is_linear(space) && net_.at(all[0]).kernel == window(1)) return eliminate(all[0]);
    auto covariance = torch::zeros({}, torch::kDouble);
    auto slopes = torch::zeros({}, torch::kDouble);
    for (const int reader : all) {
      covariance = covariance + read_by(reader).values.covariance();
      slopes = slopes + read_by(reader).slopes.second();
    }
    if (spaces_.is_linear(space)) return balanced(covariance, slopes);
    const auto importance = covariance.diagonal() * slopes.diagonal();
    return in_order(std::get<1>(importance.sort(/*stable=*/true, 0, /*descending=*/true)));
  }

  /// For a space that one pointwise operator reads.
  basis eliminate(int reader) {
    auto reads = layer(reader).weight.to(torch::kDouble).flatten(1);
    if (const auto& slopes = known_[static_cast<std::size_t>(reader)].slopes; slopes.count() > 0) {
      const auto [values, vectors] = torch::linalg_eigh(slopes.second());
      reads = vectors.t().matmul(reads) * values.clamp_min(0.0).sqrt().unsqueeze(1);
    }
    const auto& values = read_by(reader).values;
    return by_elimination(values.covariance(), reads, values.count());
  }

  void apply(int space, const basis& change) {
    const auto to = change.to.to(torch::kFloat);
    const auto back = change.back.to(torch::kFloat);
    for (const int member : members(space)) {
      if (layer_of_[static_cast<std::size_t>(member)] < 0) continue;
      auto& each = layer(member);
      each.weight = to.matmul(each.weight.flatten(1)).view(each.weight.sizes());
      each.bias = to.matmul(each.bias);
    }
    for (const int reader : readers(space)) {
      auto& each = layer(reader);
      each.weight = torch::tensordot(each.weight, back, {1}, {0}).movedim(-1, 1).contiguous();
    }
  }

  const graph& net_;
  channel_spaces spaces_;
  given_weights weights_;
  given_network published_;
  std::vector<int> layer_of_;              // of every operator, −1 where it has no weights
  std::vector<channel_statistics> known_;  // of every operator whose channels may change
};

}  // namespace

given_weights order_channels(const architecture& net, const given_weights& weights, const torch::Tensor& images,
                             const count_callback& progress) {
  constexpr std::int64_t at_once = 20;  // pictures: all maps of all operators, and their slopes, are held
  torch::NoGradGuard no_gradient;
  channel_ordering ordering(net, weights);
  for (std::int64_t first = 0; first < images.size(0); first += at_once) {
    const auto last = std::min(images.size(0), first + at_once);
    ordering.learn_from(images.slice(0, first, last));
    progress(static_cast<std::size_t>(last), static_cast<std::size_t>(images.size(0)));
  }
  return ordering.ordered();
}

}  // namespace dvfo::inference
