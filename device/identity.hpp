#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "device/board_profile.hpp"

namespace dvfo::device {

/// Receives what an operator should read, once for each cause. Called on the thread of the call that noticed it.
using notice = std::function<void(const std::string&)>;

/// Which board this is and where its files are. Everything in this room takes its files below `root`, so that the same
/// code reads / on a Jetson and a folder that a simulated board keeps alive.
struct board_identity {
  const board_profile* profile = nullptr;  ///< never null in a detected identity
  int jetpack = 0;                         ///< 4, 5, 6, 7; 0 where there is none
  std::filesystem::path root = "/";
  std::string evidence;    ///< what it was recognised by, for doctor
  std::string hypervisor;  ///< by what a virtual machine gives itself away, for doctor; empty for a real one
};

/// Recognises the board below `root` by /proc/device-tree and /etc/nv_tegra_release; any other machine with
/// /sys is `linux`, be it real or virtual. `override_name` skips the recognition of the board (not of JetPack). Throws
/// error(unknown_board) for a name that is in no catalogue, or when root holds no /sys at all.
board_identity detect(const std::filesystem::path& root, const std::string& override_name = {});

}  // namespace dvfo::device
