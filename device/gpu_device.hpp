#pragma once

#include <filesystem>
#include <string>

namespace dvfo::device {

/// The devfreq folder of the integrated GPU as the board names it, "/sys/class/devfreq/17000000.gv11b"; empty while
/// there is none: it appears when the GPU was powered once after boot. Only reads.
std::string find_gpu_device(const std::filesystem::path& root);

}  // namespace dvfo::device
