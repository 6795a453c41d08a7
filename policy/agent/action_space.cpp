#include "policy/agent/action_space.hpp"

#include <limits>
#include <stdexcept>

namespace dvfo::policy {
namespace {

constexpr double most_outputs = 1e6;
constexpr float lowest = std::numeric_limits<float>::lowest();

}  // namespace

const char* to_string(output_form form) {
  switch (form) {
    case output_form::branches:
      return "branches";
    case output_form::conditional:
      return "conditional";
    case output_form::flat:
      return "flat";
  }
  return "unknown";
}

output_form output_form_of(const std::string& name) {
  for (const auto form : {output_form::branches, output_form::conditional, output_form::flat}) {
    if (name == to_string(form)) return form;
  }
  throw std::invalid_argument("no form of outputs is called \"" + name + "\"; there are branches, conditional, flat");
}

action_space::action_space(const levels& sizes, output_form form) : sizes_(sizes), form_(form) {
  double combinations = 1.0;
  double sum = 0.0;
  for (const int size : sizes) {
    if (size < 1) throw std::invalid_argument("a knob has " + std::to_string(size) + " levels, expected at least 1");
    combinations *= size;
    sum += size;
  }
  const double clocks = sum - sizes[share_knob];
  const double needed = form == output_form::flat       ? combinations
                        : form == output_form::branches ? sum
                                                        : sizes[share_knob] * (1.0 + clocks);
  if (needed > most_outputs) {
    throw std::invalid_argument("the form \"" + std::string(to_string(form)) + "\" would need " +
                                std::to_string(static_cast<long>(needed)) + " outputs; take fewer levels, or branches");
  }
  outputs_ = static_cast<int>(needed);
  if (form == output_form::flat) return;
  const int copies = form == output_form::conditional ? sizes[share_knob] : 1;
  int next = 0;
  for (std::size_t knob = 0; knob < share_knob; ++knob) {
    first_[knob] = next;
    next += copies * sizes[knob];
  }
  first_[share_knob] = next;
}

action_space::active_outputs action_space::active(const levels& action) const noexcept {
  if (form_ == output_form::flat) {
    int index = 0;
    for (std::size_t knob = 0; knob < knob_count; ++knob) index = index * sizes_[knob] + action[knob];
    return {index};
  }
  active_outputs out{};
  const int copy = form_ == output_form::conditional ? action[share_knob] : 0;
  for (std::size_t knob = 0; knob < share_knob; ++knob) out[knob] = first_[knob] + copy * sizes_[knob] + action[knob];
  out[share_knob] = first_[share_knob] + action[share_knob];
  return out;
}

int action_space::best_of(const float* values, const std::vector<std::uint8_t>& allowed) const noexcept {
  int best = -1;
  float most = lowest;
  for (int i = 0; i < static_cast<int>(allowed.size()); ++i) {
    if (allowed[static_cast<std::size_t>(i)] == 0 || (best >= 0 && values[i] <= most)) continue;
    most = values[i];
    best = i;
  }
  return best;
}

levels action_space::best_conditional(const float* outputs, const level_mask& allowed) const noexcept {
  levels best{};
  float most = lowest;
  bool is_first = true;
  for (int share = 0; share < sizes_[share_knob]; ++share) {
    if (allowed[share_knob][static_cast<std::size_t>(share)] == 0) continue;
    levels action{};
    action[share_knob] = share;
    float value = outputs[first_[share_knob] + share];
    for (std::size_t knob = 0; knob < share_knob; ++knob) {
      const float* branch = outputs + first_[knob] + share * sizes_[knob];
      action[knob] = best_of(branch, allowed[knob]);
      value += branch[action[knob]];
    }
    if (!is_first && value <= most) continue;
    is_first = false;
    most = value;
    best = action;
  }
  return best;
}

levels action_space::best_flat(const float* outputs, const level_mask& allowed, int share) const noexcept {
  levels best{};
  float most = lowest;
  bool is_first = true;
  levels action{};
  for (int i = 0; i < outputs_; ++i) {
    int rest = i;
    bool is_allowed = true;
    for (std::size_t knob = knob_count; knob-- > 0;) {
      action[knob] = rest % sizes_[knob];
      rest /= sizes_[knob];
      is_allowed = is_allowed && allowed[knob][static_cast<std::size_t>(action[knob])] != 0;
    }
    is_allowed = is_allowed && (share < 0 || action[share_knob] == share);
    if (!is_allowed || (!is_first && outputs[i] <= most)) continue;
    is_first = false;
    most = outputs[i];
    best = action;
  }
  return best;
}

levels action_space::best(std::span<const float> outputs, const level_mask& allowed) const noexcept {
  if (form_ == output_form::conditional) return best_conditional(outputs.data(), allowed);
  if (form_ == output_form::flat) return best_flat(outputs.data(), allowed, -1);
  levels action{};
  for (std::size_t knob = 0; knob < knob_count; ++knob) action[knob] = best_of(&outputs[first_[knob]], allowed[knob]);
  return action;
}

levels action_space::best_at(int share, std::span<const float> outputs, const level_mask& allowed) const noexcept {
  if (form_ == output_form::flat) return best_flat(outputs.data(), allowed, share);
  const int copy = form_ == output_form::conditional ? share : 0;
  levels action{};
  action[share_knob] = share;
  for (std::size_t knob = 0; knob < share_knob; ++knob) {
    action[knob] = best_of(outputs.data() + first_[knob] + copy * sizes_[knob], allowed[knob]);
  }
  return action;
}

level_mask action_space::full_mask() const {
  level_mask mask;
  for (std::size_t knob = 0; knob < knob_count; ++knob) mask[knob].assign(static_cast<std::size_t>(sizes_[knob]), 1);
  return mask;
}

}  // namespace dvfo::policy
