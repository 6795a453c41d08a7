#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "configuration/settings.hpp"
#include "evaluation/scheme_tasks.hpp"
#include "policy/agent/policy_bundle.hpp"

namespace dvfo::cli {

/// Board and model, as the commands that compare schemes in virtual time ask for them.
struct task_choice {
  std::string board = "jetson-xavier-nx";
  std::string bundle;   // empty, and no network: cifar100
  std::string network;  // "all": each of the eight
  std::string data;
  std::string schemes = "all";
  std::string policy;           // empty: the shipped one
  std::string blocking_policy;  // empty: none
  std::int64_t measured = 0;    // test images that accuracies are measured on; 0: as when the bundle was made
  std::string discriminator;    // of appealnet; empty: the bundle's own, if it has one
};

/// Declares the settings of `choice`, which must outlive the table.
void declare(configuration::settings_table& table, task_choice& choice);

/// Takes "sim:jetson-tx2", too. Throws usage_error that lists the boards.
evaluation::compared_board board_of(const task_choice& choice);

/// One for a bundle or a network, eight for "all". Throws usage_error for both a bundle and a network, or an unknown
/// network.
std::vector<evaluation::compared_task> tasks_of(const task_choice& choice, const evaluation::compared_board& board);

/// The policy bundle that "dvfo" decides by. Throws usage_error where it is not found, std::runtime_error where it is
/// damaged.
std::unique_ptr<const policy::policy_bundle> policy_of(const task_choice& choice);

/// The one that "dvfo-blocking" decides by; nullptr where none is named. Throws as policy_of, and usage_error for a
/// policy that was trained concurrently.
std::unique_ptr<const policy::policy_bundle> blocking_policy_of(const task_choice& choice);

/// "a,b,c" without the empty ones.
std::vector<std::string> split_names(const std::string& list);

}  // namespace dvfo::cli
