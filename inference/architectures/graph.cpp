#include "inference/architectures/graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

constexpr std::array<std::string_view, 18> names = {
    "input",    "conv",         "depthwise",      "add",        "scale",     "activate",
    "max_pool", "average_pool", "global_average", "concat",     "upsample",  "linear",
    "sequence", "class_token",  "first_token",    "layer_norm", "attention", "lstm"};

/// Positions along one axis, and the padding that gives them.
struct axis {
  int positions = 0;
  int before = 0;
  int after = 0;
};

axis place(int side, int kernel, int stride, padding rim) {
  if (rim == padding::valid) return {side < kernel ? 0 : (side - kernel) / stride + 1};
  const int positions = (side + stride - 1) / stride;
  if (rim == padding::same) return {positions, kernel / 2, kernel / 2};
  const int zeros = std::max(0, (positions - 1) * stride + kernel - side);
  return {positions, zeros / 2, zeros - zeros / 2};
}

std::string text_of(const shape& map) { return fmt::format("{}×{}×{}", map.channels, map.height, map.width); }

[[noreturn]] void refuse(op_kind kind, const std::string& found, const std::string& expected) {
  throw error(errc::bad_argument, fmt::format("operator {} gets {}, expected {}", name_of(kind), found, expected));
}

}  // namespace

std::string_view name_of(op_kind kind) { return names[static_cast<std::size_t>(kind)]; }

int graph::push(op next) {
  if (next.out.channels < 1 || next.out.positions() < 1) {
    throw error(errc::bad_argument,
                fmt::format("operator {} ({}) would make {}: choose a larger input size or base width", ops_.size(),
                            name_of(next.kind), text_of(next.out)));
  }
  ops_.push_back(std::move(next));
  return static_cast<int>(ops_.size()) - 1;
}

int graph::slide(op next, int channels) {
  const shape& in = at(next.from[0]).out;
  if (next.rim == padding::same && (next.kernel.height % 2 == 0 || next.kernel.width % 2 == 0)) {
    refuse(next.kind,
           fmt::format("a kernel of {}×{} with the same padding on every side", next.kernel.height, next.kernel.width),
           "odd sides, or another padding");
  }
  const axis rows = place(in.height, next.kernel.height, next.stride, next.rim);
  const axis columns = place(in.width, next.kernel.width, next.stride, next.rim);
  next.before = {rows.before, columns.before};
  next.after = {rows.after, columns.after};
  next.out = {channels, rows.positions, columns.positions};
  return push(std::move(next));
}

int graph::follow(op_kind kind, std::vector<int> from, activation then) {
  const shape out = at(from[0]).out;
  return push({.kind = kind, .from = std::move(from), .out = out, .then = then});
}

int graph::input(const shape& map) { return push({.kind = op_kind::input, .out = map}); }

int graph::conv(int from, const convolution& how) {
  return slide({.kind = op_kind::conv,
                .from = {from},
                .kernel = how.kernel,
                .stride = how.stride,
                .rim = how.rim,
                .then = how.then,
                .normalised = how.normalised,
                .first_shift = how.first_shift,
                .step = how.step},
               how.channels);
}

int graph::depthwise(int from, convolution how) {
  return slide({.kind = op_kind::depthwise,
                .from = {from},
                .kernel = how.kernel,
                .stride = how.stride,
                .rim = how.rim,
                .then = how.then,
                .normalised = how.normalised,
                .first_shift = how.first_shift},
               at(from).out.channels);
}

int graph::add(int a, int b, activation then) {
  if (at(a).out != at(b).out) {
    refuse(op_kind::add, text_of(at(a).out) + " and " + text_of(at(b).out), "two equal shapes");
  }
  return follow(op_kind::add, {a, b}, then);
}

int graph::scale(int map, int factors) {
  const shape one = {at(map).out.channels, 1, 1};
  if (at(factors).out != one) refuse(op_kind::scale, text_of(at(factors).out), "factors of shape " + text_of(one));
  return follow(op_kind::scale, {map, factors});
}

int graph::activate(int from, activation then) { return follow(op_kind::activate, {from}, then); }

int graph::max_pool(int from, const pooling& how) {
  return slide({.kind = op_kind::max_pool, .from = {from}, .kernel = how.kernel, .stride = how.stride, .rim = how.rim},
               at(from).out.channels);
}

int graph::average_pool(int from, const pooling& how) {
  return slide(
      {.kind = op_kind::average_pool, .from = {from}, .kernel = how.kernel, .stride = how.stride, .rim = how.rim},
      at(from).out.channels);
}

int graph::global_average(int from) {
  return push({.kind = op_kind::global_average, .from = {from}, .out = {.channels = at(from).out.channels}});
}

int graph::concat(const std::vector<int>& from) {
  shape out = at(from[0]).out;
  out.channels = 0;
  for (const int each : from) {
    const shape& part = at(each).out;
    if (part.height != out.height || part.width != out.width) {
      refuse(op_kind::concat, text_of(part), fmt::format("maps of {}×{}", out.height, out.width));
    }
    out.channels += part.channels;
  }
  return push({.kind = op_kind::concat, .from = from, .out = out});
}

int graph::upsample(int from, int like) {
  const shape& target = at(like).out;
  return push(
      {.kind = op_kind::upsample, .from = {from, like}, .out = {at(from).out.channels, target.height, target.width}});
}

int graph::linear(int from, const dense& how) {
  const shape& in = at(from).out;
  return push({.kind = op_kind::linear,
               .from = {from},
               .out = {how.channels, in.height, in.width},
               .then = how.then,
               .step = how.step});
}

int graph::sequence(int from) {
  const shape& in = at(from).out;
  return push({.kind = op_kind::sequence, .from = {from}, .out = {in.channels, 1, in.positions()}});
}

int graph::class_token(int from) {
  const shape& in = at(from).out;
  if (in.height != 1) refuse(op_kind::class_token, text_of(in), "a sequence");
  return push({.kind = op_kind::class_token, .from = {from}, .out = {in.channels, 1, in.width + 1}});
}

int graph::first_token(int from) {
  return push({.kind = op_kind::first_token, .from = {from}, .out = {.channels = at(from).out.channels}});
}

int graph::layer_norm(int from) { return follow(op_kind::layer_norm, {from}); }

int graph::attention(int from, int head_size) {
  const shape& in = at(from).out;
  const int of_a_head = 3 * head_size;
  if (in.channels % of_a_head != 0 || at(from).step % of_a_head != 0) {
    refuse(op_kind::attention, fmt::format("{} channels in steps of {}", in.channels, at(from).step),
           fmt::format("multiples of {}: queries, keys and values of heads of {}", of_a_head, head_size));
  }
  return push({.kind = op_kind::attention,
               .from = {from},
               .out = {in.channels / 3, in.height, in.width},
               .head_size = head_size});
}

int graph::lstm(int from, int units) {
  const shape& in = at(from).out;
  if (in.height != 1) refuse(op_kind::lstm, text_of(in), "a sequence");
  return push({.kind = op_kind::lstm, .from = {from}, .out = {units, 1, in.width}, .step = 1});
}

int graph::again(int owner, int from) {
  op next = at(owner);
  if (next.kind != op_kind::conv || at(from).out.channels != at(next.from[0]).out.channels) {
    refuse(next.kind, text_of(at(from).out), fmt::format("to be a convolution over {}", text_of(at(next.from[0]).out)));
  }
  next.from = {from};
  next.weights_of = owner;
  const int channels = next.out.channels;
  return slide(std::move(next), channels);
}

void graph::output(int index) { outputs_.push_back(index); }

std::vector<int> graph::outputs() const {
  return outputs_.empty() ? std::vector<int>{static_cast<int>(ops_.size()) - 1} : outputs_;
}

int graph::channels_at(int index, double width) const {
  int total = 0;
  for (const auto& range : kept(index, width)) total += range.count;
  return total;
}

std::vector<channel_range> graph::kept(int index, double width) const {
  const op& o = at(index);
  switch (o.kind) {
    case op_kind::input:
      return {{0, o.out.channels}};
    case op_kind::conv:
    case op_kind::linear:
    case op_kind::lstm: {
      if (o.step == 0) return {{0, o.out.channels}};
      const auto steps = std::lround(static_cast<double>(o.out.channels) / o.step * width);
      return {{0, o.step * std::max(1, static_cast<int>(steps))}};
    }
    case op_kind::attention:
      return {{0, channels_at(o.from[0], width) / 3}};
    case op_kind::concat: {
      std::vector<channel_range> ranges;
      int offset = 0;
      for (const int each : o.from) {
        for (const auto& part : kept(each, width)) ranges.push_back({offset + part.first, part.count});
        offset += at(each).out.channels;
      }
      return ranges;
    }
    default:
      return kept(o.from[0], width);
  }
}

}  // namespace dvfo::inference
