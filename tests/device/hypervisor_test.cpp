#include "device/hypervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/identity.hpp"
#include "tests/support/sysfs_tree.hpp"

namespace dvfo::device {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::sysfs_tree;
using tests::temporary_folder;
using tests::write_file;

// A virtual machine was told to mend its missing power sensors.
TEST(hypervisor, is_found_by_the_processors_flag) {
  const sysfs_tree tree("linux-virtual-machine");
  EXPECT_THAT(detect(tree.root()).hypervisor, HasSubstr("flag hypervisor"));
  tree.write("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor\nbugs\t\t:\n");
  EXPECT_THAT(find_hypervisor(tree.root()), HasSubstr("flag hypervisor"));
}

TEST(hypervisor, is_found_by_what_makers_write) {
  struct mark {
    std::string file, text, told;
  };
  const std::vector<mark> marks{
      {"sys/class/dmi/id/sys_vendor", "QEMU\n", "QEMU"},
      {"sys/class/dmi/id/sys_vendor", "VMware, Inc.\n", "VMware"},
      {"sys/class/dmi/id/product_name", "Virtual Machine\n", "Virtual Machine"},
      {"sys/class/dmi/id/product_name", "VirtualBox\n", "VirtualBox"},
      {"sys/hypervisor/type", "xen\n", "xen"},
      {"sys/firmware/devicetree/base/hypervisor/compatible", std::string("linux,kvm\0", 10), "linux,kvm"}};
  for (const mark& one : marks) {
    const temporary_folder folder;
    write_file(folder.path() / one.file, one.text);
    EXPECT_THAT(find_hypervisor(folder.path()), HasSubstr(one.told)) << one.file;
  }
}

TEST(hypervisor, of_a_rented_machine_depends_on_its_kind) {
  const temporary_folder folder;
  write_file(folder.path() / "sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  write_file(folder.path() / "sys/class/dmi/id/product_name", "c7g.large\n");
  EXPECT_THAT(find_hypervisor(folder.path()), HasSubstr("Amazon EC2"));
  write_file(folder.path() / "sys/class/dmi/id/product_name", "c7g.metal\n");
  EXPECT_THAT(find_hypervisor(folder.path()), IsEmpty());
}

TEST(hypervisor, is_none_where_the_machine_is_real) {
  for (const char* name : {"linux-intel-rapl", "linux-amd-rapl", "linux-laptop-battery", "jetson-tx2-jp4"}) {
    EXPECT_THAT(detect(sysfs_tree(name).root()).hypervisor, IsEmpty()) << name;
  }
  const temporary_folder folder;
  // The word in another line, and as a part of another word.
  write_file(folder.path() / "proc/cpuinfo", "processor\t: 0\nmodel name\t: hypervisor\nflags\t\t: fpu xhypervisor\n");
  write_file(folder.path() / "sys/class/dmi/id/sys_vendor", "Not QEMU\n");
  EXPECT_THAT(find_hypervisor(folder.path()), IsEmpty());
  // Xen's first domain rules the machine.
  write_file(folder.path() / "sys/hypervisor/type", "xen\n");
  write_file(folder.path() / "proc/xen/capabilities", "control_d\n");
  EXPECT_THAT(find_hypervisor(folder.path()), IsEmpty());
}

}  // namespace
}  // namespace dvfo::device
