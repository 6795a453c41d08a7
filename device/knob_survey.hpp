#pragma once

#include <array>

#include "device/frequency_control.hpp"
#include "device/identity.hpp"

namespace dvfo::device {

/// What the knobs of a board offer, in the order of all_knobs, found by reading alone: no lock, no state file, no
/// write. A frequency_control finds the same, but powers for an instant a GPU that was never powered since the board
/// started (JetPack 5), because the kernel lists it only then; here that GPU is absent and the remedy says so. Never
/// throws.
std::array<knob_capability, all_knobs.size()> survey_knobs(const board_identity& board);

}  // namespace dvfo::device
