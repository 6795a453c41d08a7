#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/folder.hpp"
#include "files/standard_streams.hpp"
#include "policy/agent/q_network.hpp"
#include "policy/scheme.hpp"

namespace dvfo::policy {

/// A trained policy and all that must be known to use it: a folder with manifest.toml and weights.bin.
struct policy_bundle {
  std::string name;
  thinking how = thinking::concurrent;
  levels sizes{};  ///< of (f_C, f_G, f_M, ξ)
  output_form form = output_form::conditional;
  std::vector<std::string> boards;    ///< that it was trained for
  std::vector<std::string> networks;  ///< likewise: architectures at their published size, and model bundles by name
  std::string recipe;                 ///< conditions of the training, for people
  std::uint64_t seed = 0;
  std::int64_t tasks = 0;     ///< that it was trained on
  std::int64_t steps = 0;     ///< gradient steps
  double mean_regret = 0.0;   ///< as measured in steady state when it was made (regret.hpp),
  double worst_regret = 0.0;  ///< and of the worst cell
  q_network network{{.inputs = 1, .hidden = {16}, .outputs = 1}, 0};
};

/// Writes the folder, which may exist; of what is in it only another policy is replaced. Throws files::error.
void save(const policy_bundle& bundle, const std::filesystem::path& folder);

/// Makes the folder, and sees whether save() will be able to write there: before a long training. Throws files::error.
void check_place(const std::filesystem::path& folder);

/// Whether the policy was trained for this board and model.
bool is_trained_for(const policy_bundle& bundle, const std::string& board, const std::string& network);

/// Throws std::runtime_error that names the file, what was found and what was expected: files that are missing or
/// damaged, another version of the format or of the observation, weights that do not belong to the manifest.
policy_bundle load_policy(const std::filesystem::path& folder);

/// Of the folders `policy` and `policy-…` in `bundles`, the first by name whose policy was trained for this board and
/// model; else that of `policy`. One of the others that cannot be used is told and passed over. Throws as load_policy
/// for `policy`.
policy_bundle load_policy_for(const std::filesystem::path& bundles, const std::string& board,
                              const std::string& network, const files::teller& tell = files::tell_line);

}  // namespace dvfo::policy
