#include "inference/training/channel_order.hpp"

#include <algorithm>
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

/// [C, C] of a map [N, C, H, W] or vectors [N, C].
torch::Tensor covariance(const torch::Tensor& value) {
  return torch::cov(value.transpose(0, 1).flatten(1).to(torch::kDouble), /*correction=*/0);
}

/// Rows of the identity in the order of falling `importance` [C].
torch::Tensor sorting(const torch::Tensor& importance) {
  const auto order = std::get<1>(importance.sort(/*stable=*/true, 0, /*descending=*/true));
  return torch::eye(importance.size(0), torch::kDouble).index_select(0, order);
}

/// Principal components, the largest first, one a row.
torch::Tensor principal(const torch::Tensor& covariances) {
  return std::get<1>(torch::linalg_eigh(covariances)).flip({1}).t().contiguous();
}

class channel_ordering {
 public:
  channel_ordering(const architecture& net, const given_weights& weights, const torch::Tensor& images)
      : net_(net.whole), spaces_(net.whole), weights_(weights), layer_of_(net.whole.ops().size(), -1) {
    int next = 0;
    for (std::size_t i = 0; i < layer_of_.size(); ++i) {
      const op_kind kind = net_.ops()[i].kind;
      if (mixes_channels(kind) || kind == op_kind::depthwise) layer_of_[i] = next++;
    }
    given_network published(net, weights);
    published->eval();
    values_ = published->values(images);
  }

  given_weights ordered() {
    for (const int space : spaces_.movable()) apply(space, turn_of(space));
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

  /// Orthogonal [C, C]: new channels from old ones.
  torch::Tensor turn_of(int space) {
    const auto channels = net_.at(space).out.channels;
    auto covariances = torch::zeros({channels, channels}, torch::kDouble);
    auto importance = torch::zeros({channels}, torch::kDouble);
    for (const int reader : readers(space)) {
      const auto found = covariance(values_[static_cast<std::size_t>(net_.at(reader).from[0])]);
      covariances += found;
      const auto behind = layer(reader).weight.to(torch::kDouble).transpose(0, 1).flatten(1).square().sum(1);
      importance += behind * found.diagonal();
    }
    return spaces_.is_linear(space) ? principal(covariances) : sorting(importance);
  }

  void apply(int space, const torch::Tensor& turn) {
    const auto by = turn.to(torch::kFloat);
    for (const int member : members(space)) {
      if (layer_of_[static_cast<std::size_t>(member)] < 0) continue;
      auto& each = layer(member);
      each.weight = by.matmul(each.weight.flatten(1)).view(each.weight.sizes());
      each.bias = by.matmul(each.bias);
    }
    for (const int reader : readers(space)) {
      auto& each = layer(reader);
      each.weight = torch::tensordot(each.weight, by, {1}, {1}).movedim(-1, 1).contiguous();
    }
  }

  const graph& net_;
  channel_spaces spaces_;
  given_weights weights_;
  std::vector<int> layer_of_;  // of every operator, −1 where it has no weights
  std::vector<torch::Tensor> values_;
};

}  // namespace

given_weights order_channels(const architecture& net, const given_weights& weights, const torch::Tensor& images) {
  torch::NoGradGuard no_gradient;
  return channel_ordering(net, weights, images).ordered();
}

}  // namespace dvfo::inference
