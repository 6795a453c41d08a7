#include "policy/agent/q_network.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <string>

#include "policy/agent/matrix_product.hpp"
#include "policy/agent/random.hpp"

namespace dvfo::policy {
namespace {

constexpr double output_scale = 0.01;

/// A rectified unit that is 0 passes no slope on.
void stop_at_zero(const std::vector<float>& hidden, std::vector<float>& slope) {
  for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = hidden[i] > 0.0F ? slope[i] : 0.0F;
}

void sum_rows(const std::vector<float>& values, int rows, int columns, float* out) {
  std::fill_n(out, columns, 0.0F);
  for (int r = 0; r < rows; ++r) {
    const float* row = values.data() + static_cast<std::size_t>(r) * static_cast<std::size_t>(columns);
    for (int c = 0; c < columns; ++c) out[c] += row[c];
  }
}

/// `rows` × `columns` to `columns` × `row`, where row ≥ rows; what lies beyond is 0.
void turn(const float* from, int rows, int columns, int row, float* to) {
  for (int c = 0; c < columns; ++c) {
    for (int r = 0; r < rows; ++r) to[c * row + r] = from[r * columns + c];
    std::fill(to + c * row + rows, to + (c + 1) * row, 0.0F);
  }
}

}  // namespace

q_network::q_network(const q_shape& shape, std::uint64_t seed) : shape_(shape), output_row_(padded(shape.outputs)) {
  if (shape.inputs < 1 || shape.outputs < 1 || shape.hidden.empty()) {
    throw std::invalid_argument("a Q-network of " + std::to_string(shape.inputs) + " inputs, " +
                                std::to_string(shape.hidden.size()) + " hidden layers and " +
                                std::to_string(shape.outputs) + " outputs; each must be at least 1");
  }
  std::size_t next = 0;
  int inputs = shape.inputs;
  const auto add = [&](int outputs) {
    const auto weights = static_cast<std::size_t>(inputs) * static_cast<std::size_t>(outputs);
    layers_.push_back({.inputs = inputs, .outputs = outputs, .weights = next, .biases = next + weights});
    next += weights + static_cast<std::size_t>(outputs);
    inputs = outputs;
  };
  for (const int size : shape.hidden) {
    if (size < 1 || size % column_multiple != 0) {
      throw std::invalid_argument("a hidden layer of " + std::to_string(size) + " units; expected a multiple of " +
                                  std::to_string(column_multiple));
    }
    add(size);
  }
  add(shape.outputs);
  parameters_.assign(next, 0.0F);
  random_source random(seed);
  for (const auto& each : layers_) {
    const double scale = std::sqrt(2.0 / each.inputs) * (&each == &layers_.back() ? output_scale : 1.0);
    for (std::size_t i = each.weights; i < each.biases; ++i) {
      parameters_[i] = static_cast<float>(scale * random.normal());
    }
  }
}

q_network::batch q_network::make_batch(int rows) const {
  batch out;
  out.rows = rows;
  const auto count = static_cast<std::size_t>(rows);
  out.input.resize(count * static_cast<std::size_t>(shape_.inputs));
  std::size_t largest = static_cast<std::size_t>(layers_.back().inputs) * static_cast<std::size_t>(output_row_);
  for (const int size : shape_.hidden) {
    out.hidden.emplace_back(count * static_cast<std::size_t>(size));
    out.slope.emplace_back(count * static_cast<std::size_t>(size));
  }
  for (const auto& each : layers_) largest = std::max(largest, each.biases - each.weights);
  out.outputs.resize(count * static_cast<std::size_t>(output_row_));
  out.turned.resize(largest);
  return out;
}

void q_network::trunk(batch& at_rows) const noexcept {
  const float* input = at_rows.input.data();
  for (std::size_t i = 0; i < shape_.hidden.size(); ++i) {
    const auto& here = layers_[i];
    multiply({.rows = at_rows.rows,
              .columns = here.outputs,
              .depth = here.inputs,
              .a = input,
              .a_row = here.inputs,
              .b = at(here.weights),
              .b_row = here.outputs,
              .c = at_rows.hidden[i].data(),
              .c_row = here.outputs,
              .bias = at(here.biases),
              .rectify = true});
    input = at_rows.hidden[i].data();
  }
}

void q_network::outputs(batch& at_rows) const noexcept {
  const auto& last = layers_.back();
  turn(at(last.weights), last.outputs, last.inputs, output_row_, at_rows.turned.data());
  multiply({.rows = at_rows.rows,
            .columns = output_row_,
            .depth = last.inputs,
            .a = at_rows.hidden.back().data(),
            .a_row = last.inputs,
            .b = at_rows.turned.data(),
            .b_row = output_row_,
            .c = at_rows.outputs.data(),
            .c_row = output_row_});
  for (int r = 0; r < at_rows.rows; ++r) {
    float* row = at_rows.outputs.data() + static_cast<std::size_t>(r) * static_cast<std::size_t>(output_row_);
    for (int i = 0; i < last.outputs; ++i) row[i] += parameters_[last.biases + static_cast<std::size_t>(i)];
  }
}

float q_network::value(const batch& at_rows, int row, std::span<const int> active) const noexcept {
  const auto& last = layers_.back();
  const auto width = static_cast<std::size_t>(last.inputs);
  const float* hidden = at_rows.hidden.back().data() + static_cast<std::size_t>(row) * width;
  float sum = 0.0F;
  for (const int output : active) {
    const float* weights = at(last.weights + static_cast<std::size_t>(output) * width);
    float dot = parameters_[last.biases + static_cast<std::size_t>(output)];
    for (std::size_t i = 0; i < width; ++i) dot += weights[i] * hidden[i];
    sum += dot;
  }
  return sum;
}

void q_network::backward(batch& at_rows, std::span<const float> slopes, std::span<const int> active, int active_count,
                         std::span<float> gradient) const noexcept {
  const auto& last = layers_.back();
  const auto width = static_cast<std::size_t>(last.inputs);
  std::fill(gradient.begin() + static_cast<std::ptrdiff_t>(last.weights), gradient.end(), 0.0F);
  // A row touches only the outputs of its action: a handful of the output layer's weights.
  for (std::size_t row = 0; row < slopes.size(); ++row) {
    const float* hidden = at_rows.hidden.back().data() + row * width;
    float* slope = at_rows.slope.back().data() + row * width;
    std::fill_n(slope, width, 0.0F);
    for (const int output :
         active.subspan(row * static_cast<std::size_t>(active_count), static_cast<std::size_t>(active_count))) {
      const std::size_t place = last.weights + static_cast<std::size_t>(output) * width;
      const float* weights = at(place);
      float* down = gradient.data() + place;
      for (std::size_t i = 0; i < width; ++i) {
        slope[i] += slopes[row] * weights[i];
        down[i] += slopes[row] * hidden[i];
      }
      gradient[last.biases + static_cast<std::size_t>(output)] += slopes[row];
    }
  }
  for (std::size_t i = shape_.hidden.size(); i-- > 0;) {
    const auto& here = layers_[i];
    auto& slope = at_rows.slope[i];
    stop_at_zero(at_rows.hidden[i], slope);
    const float* input = i == 0 ? at_rows.input.data() : at_rows.hidden[i - 1].data();
    multiply({.rows = here.inputs,
              .columns = here.outputs,
              .depth = at_rows.rows,
              .a = input,
              .a_row = 1,
              .a_step = here.inputs,
              .b = slope.data(),
              .b_row = here.outputs,
              .c = gradient.data() + here.weights,
              .c_row = here.outputs});
    sum_rows(slope, at_rows.rows, here.outputs, gradient.data() + here.biases);
    if (i == 0) break;
    turn(at(here.weights), here.inputs, here.outputs, here.inputs, at_rows.turned.data());
    multiply({.rows = at_rows.rows,
              .columns = here.inputs,
              .depth = here.outputs,
              .a = slope.data(),
              .a_row = here.outputs,
              .b = at_rows.turned.data(),
              .b_row = here.inputs,
              .c = at_rows.slope[i - 1].data(),
              .c_row = here.inputs});
  }
}

}  // namespace dvfo::policy
