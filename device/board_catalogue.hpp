#pragma once

#include <initializer_list>
#include <vector>

#include "device/board_profile.hpp"

/// What the parts of the catalogue share. Inside this room only.
namespace dvfo::device {

/// Megahertz as hertz.
std::vector<double> megahertz(std::initializer_list<double> points);

/// first, first + step, … up to and including last, then `more`; all in kilohertz, as hertz.
std::vector<double> kilohertz_steps(int first, int step, int last, std::initializer_list<int> more = {});

board_profile make_jetson_orin_nano();
board_profile make_jetson_orin_nx();
board_profile make_jetson_agx_orin();

}  // namespace dvfo::device
