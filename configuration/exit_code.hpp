#pragma once

namespace dvfo::configuration {

/// How every program of the project ends. The numbers are part of the interface: scripts and service managers read
/// them.
enum exit_code : int {
  exit_success = 0,  ///< everything asked for was done
  exit_failure = 1,  ///< it ran, but part of it failed: an unreadable image, a task without answer, a child that died
  exit_usage = 2,    ///< a flag, a variable or the configuration file is wrong
  exit_data = 3,     ///< a model bundle or a data set cannot be used
  exit_network = 4,  ///< an address is refused, taken or unusable
};

/// The paragraph that every --help ends with.
inline constexpr const char* exit_code_help =
    "Exit codes:\n"
    "  0  everything asked for was done\n"
    "  1  it ran, but part of it failed (an unreadable image, a full disk, a task without answer)\n"
    "  2  a flag, an environment variable or the configuration file is wrong\n"
    "  3  a model bundle or a data set cannot be used\n"
    "  4  an address is refused, taken or unusable\n"
    "  128 + N  stopped at once by a second signal N\n";

}  // namespace dvfo::configuration
