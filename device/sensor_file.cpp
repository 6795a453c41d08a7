#include "device/sensor_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace dvfo::device {
namespace {

constexpr std::size_t longest_text = std::size_t{64} << 10;

}  // namespace

sensor_file::sensor_file(sensor_file&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), text_(std::move(other.text_)) {}

sensor_file& sensor_file::operator=(sensor_file&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(text_, other.text_);
  return *this;
}

void sensor_file::open() {
  if (descriptor_ < 0) descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

void sensor_file::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

/// Bytes read; 0 for any trouble, after which the next call opens the file anew.
std::size_t sensor_file::read_into(char* buffer, std::size_t size) {
  open();
  if (descriptor_ < 0) return 0;
  // In a folder of plain files a deleted or replaced file would go on giving its last text.
  struct stat status {};
  ssize_t count = -1;
  if (fstat(descriptor_, &status) == 0 && status.st_nlink > 0) count = pread(descriptor_, buffer, size, 0);
  if (count > 0) return static_cast<std::size_t>(count);
  close();
  return 0;
}

reading<std::int64_t> sensor_file::read_integer() {
  std::array<char, 64> text{};
  const std::size_t count = read_into(text.data(), text.size());
  if (count > 0 && count < text.size()) {
    if (const auto number = parse_integer({text.data(), count})) return {number, file_fault::none, {}};
  }
  return device::read_integer(path_);
}

std::optional<std::string_view> sensor_file::read_text() {
  text_.resize(longest_text);
  const std::size_t count = read_into(text_.data(), text_.size());
  if (count == 0) return std::nullopt;
  return std::string_view(text_.data(), count);
}

reading<double> read_within(sensor_file& file, double lowest, double highest, double scale) {
  const reading<std::int64_t> raw = file.read_integer();
  if (!raw) return {std::nullopt, raw.fault, raw.found};
  const double value = static_cast<double>(*raw) * scale;
  if (value < lowest || value > highest) {
    return {std::nullopt, file_fault::garbage, fmt::format("{}", *raw),
            fmt::format("was a number from {:.0f} to {:.0f}", lowest / scale, highest / scale)};
  }
  return {value, file_fault::none, {}};
}

void fault_watch::succeeded() {
  failures_ = 0;
  is_dropped_ = false;
  is_quiet_ = false;
  reason_.clear();
}

void fault_watch::failed(time_point now, const std::string& reason) {
  reason_ = reason;
  last_try_ = now;
  if (++failures_ < failures_until_dropped) return;
  is_dropped_ = true;
  if (is_quiet_ || std::exchange(was_noticed_, true) || !*warn_) return;
  (*warn_)(fmt::format("{} is left out after {} failed readings: {}; it is tried again every {} s", name_, failures_,
                       reason, retry_after.count()));
}

}  // namespace dvfo::device
