#pragma once

#include <filesystem>

#include "cli/doctor/doctor.hpp"

namespace dvfo::cli {

/// Whether dvfo-edge could keep the file that clocks are restored from, and whether an earlier run left one. Opens
/// nothing for writing and takes no lock: a node that starts in the same instant must not be turned away.
doctor_row look_at_clock_state(const device::board_identity& board, const std::filesystem::path& named);

}  // namespace dvfo::cli
