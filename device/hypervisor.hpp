#pragma once

#include <filesystem>
#include <string>

namespace dvfo::device {

/// What gives the machine below `root` away as a virtual one: "the processor's flag hypervisor", "sys_vendor QEMU", …;
/// empty where nothing does. A virtual machine has no clocks and no sensors of its own: nothing can be done there about
/// their lack. Only reads; never throws.
std::string find_hypervisor(const std::filesystem::path& root);

}  // namespace dvfo::device
