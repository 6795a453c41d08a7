#pragma once

#include <chrono>
#include <cstddef>

/// How a link is probed, once for the live bandwidth sensor and for simulated worlds.
namespace dvfo::link::probing {

using namespace std::chrono_literals;

/// Silence before a link is probed actively; the live sensor doubles it while it lasts.
inline constexpr std::chrono::duration<double> first_silence = 30s;
/// Upper end of the doubling. A probe costs some 17 kB: at 10 minutes an idle node sends 0.2 kbit/s for it.
inline constexpr std::chrono::duration<double> longest_silence = 600s;
/// Between two small hellos under traffic, for the round trip alone: some 100 bytes.
inline constexpr auto refresh = 10s;
/// Padding of the second message of a probe: 26 ms at 5 Mbit/s, enough to tell bandwidth from round trip.
inline constexpr std::size_t padding_bytes = 16'384;
/// A probe without reply in this time teaches nothing.
inline constexpr auto timeout = 2s;

}  // namespace dvfo::link::probing
