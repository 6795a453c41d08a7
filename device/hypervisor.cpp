#include "device/hypervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "device/text_file.hpp"

namespace dvfo::device {
namespace {

/// Whether `word` stands in `text` between white space.
bool has_word(std::string_view text, std::string_view word) {
  constexpr std::string_view blanks = " \t\n";
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || blanks.find(text[at - 1]) != std::string_view::npos;
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || blanks.find(text[end]) != std::string_view::npos)) return true;
  }
  return false;
}

/// x86 tells by a bit of CPUID that hypervisors set for their guests. One processor's flags stand for all.
bool has_flag(const std::filesystem::path& root) {
  const auto text = read_text(below(root, "/proc/cpuinfo"));
  if (!text) return false;
  const std::size_t flags = text->find("\nflags");
  if (flags == std::string::npos) return false;
  const std::string_view line = std::string_view(*text).substr(flags + 1);
  return has_word(line.substr(0, line.find('\n')), "hypervisor");
}

struct mark {
  const char* file;
  std::string_view text;  // that the file begins with
};

/// Where the processor does not tell (ARM), the board's makers do: what hypervisors write there.
constexpr std::array marks{mark{"sys_vendor", "QEMU"},
                           mark{"sys_vendor", "VMware"},
                           mark{"sys_vendor", "innotek"},
                           mark{"sys_vendor", "Xen"},
                           mark{"sys_vendor", "Parallels"},
                           mark{"sys_vendor", "Google Compute Engine"},
                           mark{"product_name", "KVM"},
                           mark{"product_name", "VirtualBox"},
                           mark{"product_name", "Virtual Machine"},
                           mark{"product_name", "Google Compute Engine"},
                           mark{"product_name", "Apple Virtualization"},
                           mark{"bios_vendor", "SeaBIOS"},
                           mark{"bios_vendor", "Bochs"}};

/// Amazon's machines name their maker alike, virtual or not, and the kind in the product: "c7g.large", "c7g.metal".
bool is_rented(const std::filesystem::path& identity) {
  const auto vendor = read_text(identity / "sys_vendor");
  const auto product = read_text(identity / "product_name");
  return vendor && vendor->starts_with("Amazon EC2") && product && product->find(".metal") == std::string::npos;
}

/// Xen's first domain has the machine's own sensors.
bool is_first_domain(const std::filesystem::path& root) {
  const auto capabilities = read_text(below(root, "/proc/xen/capabilities"));
  return capabilities && has_word(*capabilities, "control_d");
}

}  // namespace

std::string find_hypervisor(const std::filesystem::path& root) {
  if (is_first_domain(root)) return {};
  if (const auto type = read_text(below(root, "/sys/hypervisor/type")); type && !type->empty()) {
    return fmt::format("/sys/hypervisor/type: {}", *type);
  }
  if (has_flag(root)) return "the processor's flag hypervisor in /proc/cpuinfo";
  for (const char* tree : {"/proc/device-tree", "/sys/firmware/devicetree/base"}) {
    const auto compatible = read_strings(below(root, tree) / "hypervisor/compatible");
    if (compatible && !compatible->empty()) return fmt::format("device tree hypervisor: {}", compatible->front());
  }
  const std::filesystem::path identity = below(root, "/sys/class/dmi/id");
  if (is_rented(identity)) return "sys_vendor: Amazon EC2";
  for (const mark& one : marks) {
    const auto text = read_text(identity / one.file);
    if (text && text->starts_with(one.text)) return fmt::format("{}: {}", one.file, *text);
  }
  return {};
}

}  // namespace dvfo::device
