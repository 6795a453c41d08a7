#include "device/gpu_device.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace dvfo::device {
namespace {

using tests::temporary_folder;
using tests::write_file;

// Regression: reader and writer had a list of names each, and a node of only one of them was read but never set.
TEST(find_gpu_device, knows_the_node_of_every_generation_and_no_other_device) {
  for (const char* node : {"gpu", "gp10b", "gv11b", "ga10b", "gb10b"}) {
    const temporary_folder root;
    write_file(root.path() / "sys/class/devfreq/15340000.vic/device/of_node/name", std::string("vic\0", 4));
    EXPECT_EQ(find_gpu_device(root.path()), "");
    write_file(root.path() / "sys/class/devfreq/17000000.any/device/of_node/name", std::string(node) + '\0');
    EXPECT_EQ(find_gpu_device(root.path()), "/sys/class/devfreq/17000000.any") << node;
  }
}

}  // namespace
}  // namespace dvfo::device
