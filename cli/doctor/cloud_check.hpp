#pragma once

#include <chrono>
#include <string>

#include "cli/doctor/doctor.hpp"

namespace dvfo::cli {

/// What an edge node of this machine would find at `cloud` ("HOST:PORT"): whether it would connect there at all, and
/// whether something listens, as a row of `dvfo doctor`. Waits at most `timeout` for each of the name's addresses.
/// Throws configuration::usage_error for what is no address.
doctor_row look_at_cloud(const std::string& cloud, std::chrono::milliseconds timeout);

}  // namespace dvfo::cli
