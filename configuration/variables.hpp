#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

/// Names of environment variables. A program or subcommand has its own, DVFO_EDGE_SHARE for --share of dvfo-edge and
/// DVFO_TOP_INTERVAL for --interval of `dvfo top`, so that what is set for one breaks no other.
namespace dvfo::configuration {

/// Looks up an environment variable; an argument so that tests need not change the process. Nothing for one that is
/// not set or empty: shells, service files and containers unset a variable by setting it to nothing.
using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the process's own environment.
std::optional<std::string> process_environment(const std::string& name);

/// A variable without the name of a program, because one value is right for all of them.
struct common_variable {
  const char* name;     ///< "DVFO_DATA"
  const char* setting;  ///< the flag and key that it stands for in every program; empty: it has none
  const char* reason;   ///< why one value serves all
};

/// All of them. Not here: a configuration file (each program has keys of its own), --threads and --bundle (what suits
/// an edge node does not suit training or a comparison of networks).
inline constexpr std::array common_variables{
    common_variable{"DVFO_BUNDLES", "", "the folder in which every program looks up a bundle's name"},
    common_variable{"DVFO_DATA", "data",
                    "the folder of data sets; each program takes the set that it needs from there"},
    common_variable{"DVFO_LOG_LEVEL", "log-level", "every program logs by the same levels"},
};

/// "DVFO_EDGE_" for "dvfo-edge", "DVFO_TRAIN_MODEL_" for "dvfo train model".
std::string variable_prefix(const std::string& program);

/// The variable of a setting: "DVFO_EDGE_MAX_BATCH" for "max-batch" of "dvfo-edge", "DVFO_DATA" for a common one.
std::string variable_name(const std::string& program, const std::string& setting);

/// The name that releases before the prefixes read, "DVFO_MAX_BATCH"; nothing where it still means what it meant, or
/// belongs to another common variable.
std::optional<std::string> former_variable_name(const std::string& setting);

/// Whether a variable of this name is read by some program of the project alone. Whoever starts a node of its own keeps
/// these from it: they are the user's words to another node.
bool belongs_to_one_program(const std::string& name);

}  // namespace dvfo::configuration
