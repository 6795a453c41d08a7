#pragma once

#include <string>

#include "configuration/settings.hpp"
#include "inference/error.hpp"
#include "inference/training/plan.hpp"

namespace dvfo::cli {

/// What `dvfo train model` is asked for.
struct model_request {
  inference::training_options options;
  std::string dataset = "cifar100";  ///< which one, where the data are a folder of data sets
};

/// Declares the flags; numbers have the trainer's own ranges. `request` must outlive the table.
void declare(configuration::settings_table& table, model_request& request);

/// The options with the folders that the request's words mean: data sets and weights below --data, bundles by name.
/// Throws configuration::usage_error for a bundle that is not there.
inference::training_options found(const model_request& request);

/// What the trainer has to say of an option, by its flag: "--batch-size: 2, expected 8 to 4096".
std::string in_flags(const inference::option_error& problem);

/// The command that makes the same bundle again. `options`: completed and fitted.
std::string recipe_of(const inference::training_options& options);

/// What is going to be done with what was found, for the user: two lines.
std::string start_text(const inference::training_plan& plan, const inference::training_options& options);

}  // namespace dvfo::cli
