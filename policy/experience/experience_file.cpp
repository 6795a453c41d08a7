#include "policy/experience/experience_file.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace dvfo::actors {

record_file::record_file(std::filesystem::path file, const messages::experience_header& header,
                         std::uint64_t limit_bytes)
    : file_(std::move(file)), header_(messages::encode_delimited(header)), limit_(limit_bytes) {
  constexpr std::uint64_t least = 4096;
  if (limit_ < least) {
    throw std::invalid_argument(fmt::format("a task record of at most {} bytes; expected at least {}", limit_, least));
  }
  begin();
}

void record_file::begin() {
  out_.close();
  std::error_code failed;
  auto old = file_;
  old += ".1";
  if (std::filesystem::exists(file_, failed)) std::filesystem::rename(file_, old, failed);
  if (failed) throw std::runtime_error(fmt::format("{}: cannot be renamed: {}", file_.string(), failed.message()));
  out_.clear();
  out_.open(file_, std::ios::binary | std::ios::trunc);
  size_ = 0;
  write(header_);
}

void record_file::write(const std::string& bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_.flush()) {
    throw std::runtime_error(
        fmt::format("{}: cannot be written; name a file in a folder that exists and has room", file_.string()));
  }
  size_ += bytes.size();
}

void record_file::add(const messages::experience& task) {
  const auto bytes = messages::encode_delimited(task);
  if (size_ + bytes.size() > limit_ && size_ > header_.size()) begin();
  write(bytes);
}

}  // namespace dvfo::actors
