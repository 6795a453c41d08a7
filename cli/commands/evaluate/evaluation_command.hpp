#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/commands/command.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"

/// What the subcommands of `dvfo evaluate` that measure a bundle on images have in common.
namespace dvfo::cli {

/// Values of the flags.
struct evaluation_command {
  std::string bundle = configuration::default_bundle;
  std::string data = {};
  std::string json = {};
  std::int64_t threads = 1;
  std::int64_t images = 0;  ///< 0: all; only of commands that take a sample
  std::string csv = {};     ///< only of commands that draw
  std::string svg = {};     ///< likewise
  configuration::settings_table table;
};

struct opened_evaluation {
  inference::model_bundle bundle;
  std::unique_ptr<inference::dataset> data;
};

/// Settles the flags and opens bundle and test images. Throws usage_error and inference::error.
opened_evaluation open_evaluation(evaluation_command& command);

struct evaluation_texts {
  const char* name;
  const char* what;     ///< one line
  const char* details;  ///< several, with examples
};

/// Adds a subcommand below `evaluate`.
void add_evaluation(CLI::App& evaluate, const evaluation_texts& texts, int (*run)(evaluation_command&), action& chosen);

/// The same with --images, by default `images`, --csv and --svg.
void add_drawn_evaluation(CLI::App& evaluate, const evaluation_texts& texts, std::int64_t images,
                          int (*run)(evaluation_command&), action& chosen);

}  // namespace dvfo::cli
