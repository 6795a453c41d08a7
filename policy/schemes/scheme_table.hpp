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

/// What a scheme is made for.
struct scheme_setting {
  const task_physics* physics = nullptr;
  double max_power_watts = 15.0;                ///< MaxPower of DVFO Eq. 4
  std::function<const policy::world&()> world;  ///< the one that it decides in now; the oracles alone look
  discriminator_figures discriminator;
  const policy_bundle* trained = nullptr;           ///< of "dvfo"; must outlive the schemes
  const policy_bundle* trained_blocking = nullptr;  ///< of "dvfo-blocking", likewise
  std::uint64_t seed = 1;
  std::function<void(const std::string&)> complain = {};  ///< is told what a scheme cannot decide; may be empty
};

/// A scheme that can be asked for by name.
struct scheme_entry {
  std::string name;
  std::string what;  ///< one line for tables and help
  std::function<std::unique_ptr<policy::scheme>(const scheme_setting&)> make;
  bool governs_by_load =
      false;                  ///< what it does not order follows Linux' load governors, else it stands at the highest
  bool learns = false;        ///< gets its warm-up before it is judged
  bool draws = false;         ///< decides differently in the same situation
  bool is_trained = false;    ///< decides by scheme_setting::trained, or trained_blocking where it is blocking
  bool thinks_ahead = false;  ///< decides while the task before is on its way, from what was sensed then (DVFO §5.1)
  bool is_blocking = false;   ///< a task waits while it thinks
  bool is_plain = false;      ///< decides without a board's physics: scheme_setting::physics may be null
  bool sees_truth = false;    ///< looks into scheme_setting::world, which only virtual time has
};

/// Every scheme, in the order of docs/schemes.md; those of nvpmodel as far as `board` has modes.
std::vector<scheme_entry> scheme_table(std::string_view board);

/// "edge-only, cloud-only, …" for help and errors, the modes as nvpmodel:MODE.
std::string scheme_names();

/// The schemes of these names, in their order; "all" stands for all of them, "nvpmodel" for every mode of the board.
/// "all" leaves out what is trained where no policy of that kind is at hand. Throws std::invalid_argument that lists
/// the names, or says which policy is wanted and how to come by it.
std::vector<scheme_entry> find_schemes(std::string_view board, const std::vector<std::string>& names,
                                       bool has_policy = false, bool has_blocking_policy = false);

}  // namespace dvfo::policy
