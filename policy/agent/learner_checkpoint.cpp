#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "files/output.hpp"
#include "files/reading.hpp"
#include "policy/agent/learner.hpp"

namespace dvfo::policy {
namespace {

constexpr std::uint64_t magic = 0x31'4e'51'44'4f'46'56'44U;  // "DVFODQN1"

struct header {
  std::uint64_t magic = 0;
  std::uint64_t parameters = 0;
  std::uint64_t steps = 0;
  std::uint64_t random = 0;
};

constexpr files::kind checkpoint_file{"a checkpoint of dvfo train policy",
                                      [](std::string_view head) { return head.starts_with("DVFODQN1"); }};

void write(std::string& to, std::span<const float> values) {
  to.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

/// Takes bytes from the front; false where there are too few.
bool read(std::string_view& from, void* to, std::size_t size) {
  if (from.size() < size) return false;
  std::memcpy(to, from.data(), size);
  from.remove_prefix(size);
  return true;
}

}  // namespace

void learner::save(const std::filesystem::path& file) const {
  const header head{magic, online_.parameters().size(), static_cast<std::uint64_t>(steps_), random_.state()};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  for (const auto& part : {online_.parameters(), target_.parameters()}) write(bytes, part);
  for (const auto* part : {&mean_, &inverse_, &first_moment_, &second_moment_}) write(bytes, *part);
  files::write_whole(file, bytes, checkpoint_file);
}

void learner::remove_checkpoint(const std::filesystem::path& file) { files::remove_own(file, checkpoint_file); }

void learner::restore(const std::filesystem::path& file) {
  const auto bytes = files::read_whole(file, files::longest_data);
  std::string_view rest = bytes;
  header head;
  if (!read(rest, &head, sizeof head) || head.magic != magic || head.parameters != online_.parameters().size()) {
    throw std::runtime_error(file.string() + ": not a checkpoint of a learner with " +
                             std::to_string(online_.parameters().size()) +
                             " parameters; remove it, or train with the options it was made with");
  }
  bool is_whole = true;
  const auto take = [&](std::span<float> values) {
    is_whole = read(rest, values.data(), values.size_bytes()) && is_whole;
  };
  for (const auto& part : {online_.parameters(), target_.parameters()}) take(part);
  for (auto* part : {&mean_, &inverse_, &first_moment_, &second_moment_}) take(*part);
  if (!is_whole) throw std::runtime_error(file.string() + ": the checkpoint is cut short; remove it");
  steps_ = static_cast<std::int64_t>(head.steps);
  random_ = random_source(head.random);
}

}  // namespace dvfo::policy
