#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/agent/policy_bundle.hpp"
#include "policy/environment/world.hpp"
#include "policy/scheme.hpp"
#include "policy/task_cost/task_physics.hpp"

namespace dvfo::policy {

/// How AppealNet's discriminator does on one bundle (`dvfo train discriminator`), or is assumed to do on a network that
/// nobody trained one for.
struct discriminator_figures {
  double skipping_rate = 0.7;             ///< tasks whose local answer it accepts; assumed unless measured
  std::optional<double> top1_accepted{};  ///< percent of the local answers that it accepts; absent unless measured
  std::optional<double> top1_appealed{};  ///< percent of the cloud's answers to the others
  std::vector<std::uint8_t> accepts{};    ///< of one test image after another; empty: drawn by the rate
  [[nodiscard]] bool is_measured() const { return top1_accepted || top1_appealed; }
};

/// Half of the channels: without a reason for another share.
inline constexpr double default_fixed_share = 0.5;

/// What a scheme is made for.
struct scheme_setting {
  const task_physics* physics = nullptr;
  double max_power_watts = 15.0;                ///< MaxPower of DVFO Eq. 4
  std::function<const policy::world&()> world;  ///< the one that it decides in now; the oracles alone look
  discriminator_figures discriminator;
  const policy_bundle* trained = nullptr;           ///< of "dvfo"; must outlive the schemes
  const policy_bundle* trained_blocking = nullptr;  ///< of "dvfo-blocking", likewise
  double share = default_fixed_share;               ///< as the user says it
  std::uint64_t seed = 1;
  std::function<void(const std::string&)> complain = {};  ///< is told what a scheme cannot decide; may be empty
};

/// What a scheme decides by.
enum class knowledge : std::uint8_t {
  situation,  ///< what it is shown, alone: scheme_setting::physics may be null
  physics,    ///< a board's operating points and physics besides
  truth,      ///< and the world itself, scheme_setting::world, which only virtual time has
};

/// When it decides.
enum class decision_time : std::uint8_t {
  at_arrival,  ///< when the task is there, in no time
  ahead,       ///< while the task before is on its way, from what was sensed then (DVFO §5.1)
  blocking,    ///< when the task is there, which waits while it thinks
};

/// Whether it learns.
enum class learning : std::uint8_t {
  never,
  before,    ///< it was trained: scheme_setting::trained, or trained_blocking where it is blocking
  on_tasks,  ///< from each of its tasks; it gets its warm-up before it is judged
};

/// What becomes of the clocks that it does not order.
enum class left_clocks : std::uint8_t {
  highest,   ///< they stand there
  governed,  ///< they follow Linux' load governors
};

/// Who says share and clocks.
enum class chooser : std::uint8_t {
  scheme,
  user,  ///< scheme_setting::share, and what stands
};

/// Whether it decides alike in the same situation.
enum class repetition : std::uint8_t {
  alike,
  drawn,  ///< at random
};

/// A scheme that can be asked for by name.
struct scheme_entry {
  std::string name;
  std::string what;  ///< one line for tables and help
  std::function<std::unique_ptr<policy::scheme>(const scheme_setting&)> make;
  knowledge knows = knowledge::physics;
  decision_time decides = decision_time::at_arrival;
  learning learns = learning::never;
  left_clocks leaves = left_clocks::highest;
  chooser chosen_by = chooser::scheme;
  repetition repeats = repetition::alike;
  moment sends = moment::at_once;  ///< its tasks' cloud halves
};

/// Every scheme, in the order of docs/schemes.md; those of nvpmodel as far as `board` has modes.
std::vector<scheme_entry> scheme_table(std::string_view board);

/// The scheme of this name that every board has; nothing for nvpmodel's modes and for names of none.
std::optional<scheme_entry> find_scheme(std::string_view name);

/// "edge-only, cloud-only, …" for help and errors, the modes as nvpmodel:MODE.
std::string scheme_names();

/// The schemes of these names, in their order; "all" stands for all of them, "nvpmodel" for every mode of the board.
/// "all" leaves out what is trained where no policy of that kind is at hand. Throws std::invalid_argument that lists
/// the names, or says which policy is wanted and how to come by it.
std::vector<scheme_entry> find_schemes(std::string_view board, const std::vector<std::string>& names,
                                       bool has_policy = false, bool has_blocking_policy = false);

}  // namespace dvfo::policy
