#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dvfo::policy {

/// Levels of the knobs (f_C, f_G, f_M) and of the share ξ, counted from 0.
inline constexpr std::size_t knob_count = 4;
inline constexpr std::size_t share_knob = 3;
using levels = std::array<int, knob_count>;

/// How the network's outputs make up Q(s, a).
enum class output_form : std::uint8_t {
  branches,     ///< Q is the sum of one output a knob: action branching (Tavakoli et al. 2018), Q split up as by
                ///< Sunehag et al. 2018. Exact where the knobs do not act on each other.
  conditional,  ///< the same, but each clock has a branch for every share: the clocks that are best while the board
                ///< waits for the cloud are not those that are best while it computes. Linear in the clocks' levels.
  flat,         ///< one output for every combination; for small action sets only
};

/// "branches", "conditional" or "flat".
const char* to_string(output_form form);
/// Throws std::invalid_argument that lists the names.
output_form output_form_of(const std::string& name);

/// Which levels a board has: for each knob a 1 where the level is one, a 0 where it is not. At least one is 1.
using level_mask = std::array<std::vector<std::uint8_t>, knob_count>;

/// The set of actions and its place among the network's outputs. Immutable, thread-safe.
class action_space {
 public:
  /// Outputs that one action is the sum of; fewer are used in the flat form.
  using active_outputs = std::array<int, knob_count>;

  /// Throws std::invalid_argument for a size below 1, or more than a million outputs.
  action_space(const levels& sizes, output_form form);

  [[nodiscard]] const levels& sizes() const { return sizes_; }
  [[nodiscard]] output_form form() const { return form_; }
  [[nodiscard]] int outputs() const { return outputs_; }
  [[nodiscard]] int active_count() const { return form_ == output_form::flat ? 1 : static_cast<int>(knob_count); }

  /// The outputs whose sum is Q of this action; the first active_count() of them are set.
  [[nodiscard]] active_outputs active(const levels& action) const noexcept;

  /// The action of the greatest Q among those that the mask allows; exact in every form. Allocates nothing.
  [[nodiscard]] levels best(std::span<const float> outputs, const level_mask& allowed) const noexcept;

  /// The same among the actions of this share.
  [[nodiscard]] levels best_at(int share, std::span<const float> outputs, const level_mask& allowed) const noexcept;

  /// Everything allowed.
  [[nodiscard]] level_mask full_mask() const;

 private:
  [[nodiscard]] int best_of(const float* values, const std::vector<std::uint8_t>& allowed) const noexcept;
  [[nodiscard]] levels best_conditional(const float* outputs, const level_mask& allowed) const noexcept;
  /// `share` below 0: of any share.
  [[nodiscard]] levels best_flat(const float* outputs, const level_mask& allowed, int share) const noexcept;

  levels sizes_;
  output_form form_;
  levels first_{};  // output of each knob's level 0 (of share 0)
  int outputs_ = 0;
};

}  // namespace dvfo::policy
