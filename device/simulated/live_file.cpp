#include "device/simulated/live_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace dvfo::device::simulated {

live_file::live_file(const std::filesystem::path& file) : descriptor_(open(file.c_str(), O_WRONLY | O_CLOEXEC)) {}

live_file::~live_file() {
  if (descriptor_ >= 0) close(descriptor_);
}

void live_file::put(std::int64_t value) const {
  if (descriptor_ < 0) return;
  const auto text = fmt::format("{}\n", value);
  // A reader takes the first line, so the rest of a longer number before is gone for it with the write.
  if (pwrite(descriptor_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size())) {
    [[maybe_unused]] const int cut = ftruncate(descriptor_, static_cast<off_t>(text.size()));
  }
}

}  // namespace dvfo::device::simulated
