#include "policy/experience/experience_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "files/place.hpp"
#include "files/reading.hpp"
#include "policy/experience/wire.hpp"

namespace dvfo::policy {
namespace {

/// Behind the name of the file before, when a new one begins.
constexpr std::string_view older = ".1";

constexpr files::kind experience_kind{"a file of experience", [](std::string_view head) {
                                        try {
                                          messages::experience_reader(head).header();
                                          return true;
                                        } catch (const std::runtime_error&) {
                                          return false;
                                        }
                                      }};

/// One file, in the order of its tasks' numbers, which is that of their decisions.
stored_experience read_one(const std::filesystem::path& file, const files::teller& tell) {
  const auto bytes = files::read_whole(file, files::longest_data);
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
  files::set_aside(file_, older, experience_kind);
  out_.emplace(file_, experience_kind);
  size_ = 0;
  write(header_);
}

void experience_file::write(const std::string& bytes) {
  out_->write(bytes);
  size_ += bytes.size();
}

void experience_file::add(const experience& task) {
  const auto bytes = messages::encode_delimited(to_message(task));
  if (out_->is_regular() && size_ + bytes.size() > limit_ && size_ > header_.size()) begin();
  write(bytes);
}

stored_experience read_experience(const std::filesystem::path& file, const files::teller& tell) {
  auto newest = read_one(file, tell);
  const auto before = files::beside(file, older);
  if (!files::stands(before)) return newest;
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
