#include "policy/experience/experience_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "policy/experience/wire.hpp"

namespace dvfo::policy {
namespace {

/// Where the file goes when a new one begins, and where the reader looks for it.
std::filesystem::path older(std::filesystem::path file) { return file += ".1"; }

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  try {
    if (in) return {std::istreambuf_iterator<char>(in), {}};
  } catch (const std::ios_base::failure&) {  // a folder, or a disk that fails
  }
  throw std::runtime_error(fmt::format("{}: the file cannot be read", file.string()));
}

/// One file, in the order of its tasks' numbers, which is that of their decisions.
stored_experience read_one(const std::filesystem::path& file, const std::function<void(const std::string&)>& tell) {
  const auto bytes = content_of(file);
  stored_experience out;
  messages::experience_reader reader(bytes);
  try {
    out.header = reader.header();
    while (const auto task = reader.next()) out.tasks.push_back(from_message(*task));
  } catch (const std::runtime_error& problem) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), problem.what()));
  }
  std::stable_sort(out.tasks.begin(), out.tasks.end(),
                   [](const auto& a, const auto& b) { return a.task_id < b.task_id; });
  if (reader.is_cut_off()) {
    tell(fmt::format("{}: the last task is cut off, as a kill leaves it; {} before it are whole", file.string(),
                     out.tasks.size()));
  }
  return out;
}

}  // namespace

experience_file::experience_file(std::filesystem::path file, const messages::experience_header& header,
                                 std::uint64_t limit_bytes)
    : file_(std::move(file)), header_(messages::encode_delimited(header)), limit_(limit_bytes) {
  constexpr std::uint64_t least = 4096;
  if (limit_ < least) {
    throw std::invalid_argument(
        fmt::format("an experience file of at most {} bytes; expected at least {}", limit_, least));
  }
  begin();
}

void experience_file::begin() {
  out_.close();
  std::error_code failed;
  if (std::filesystem::exists(file_, failed)) std::filesystem::rename(file_, older(file_), failed);
  if (failed) throw std::runtime_error(fmt::format("{}: cannot be renamed: {}", file_.string(), failed.message()));
  out_.clear();
  out_.open(file_, std::ios::binary | std::ios::trunc);
  size_ = 0;
  write(header_);
}

void experience_file::write(const std::string& bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out_.flush()) {
    throw std::runtime_error(
        fmt::format("{}: cannot be written; name a file in a folder that exists and has room", file_.string()));
  }
  size_ += bytes.size();
}

void experience_file::add(const experience& task) {
  const auto bytes = messages::encode_delimited(to_message(task));
  if (size_ + bytes.size() > limit_ && size_ > header_.size()) begin();
  write(bytes);
}

stored_experience read_experience(const std::filesystem::path& file,
                                  const std::function<void(const std::string&)>& tell) {
  auto newest = read_one(file, tell);
  std::error_code unknown;
  const auto before = older(file);
  if (!std::filesystem::exists(before, unknown)) return newest;
  auto all = read_one(before, tell);
  if (all.header != newest.header) {
    tell(fmt::format("{} is left out: it is of {} on {}, decided by {}", before.string(), all.header.network,
                     all.header.board, all.header.scheme));
    return newest;
  }
  all.tasks.insert(all.tasks.end(), std::make_move_iterator(newest.tasks.begin()),
                   std::make_move_iterator(newest.tasks.end()));
  return all;
}

}  // namespace dvfo::policy
