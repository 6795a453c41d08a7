#include <array>
#include <fstream>
#include <stdexcept>
#include <string>

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

void write(std::ofstream& out, std::span<const float> values) {
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

void read(std::ifstream& in, std::span<float> values) {
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

}  // namespace

void learner::save(const std::filesystem::path& file) const {
  // Written beside and moved, so that a kill never leaves half a checkpoint.
  auto draft = file;
  draft += ".new";
  {
    std::ofstream out(draft, std::ios::binary);
    const header head{magic, online_.parameters().size(), static_cast<std::uint64_t>(steps_), random_.state()};
    out.write(reinterpret_cast<const char*>(&head), sizeof head);
    for (const auto& part : {online_.parameters(), target_.parameters()}) write(out, part);
    for (const auto* part : {&mean_, &inverse_, &first_moment_, &second_moment_}) write(out, *part);
    out.close();
    if (!out) throw std::runtime_error(draft.string() + ": the checkpoint cannot be written");
  }
  std::filesystem::rename(draft, file);
}

void learner::restore(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  header head;
  in.read(reinterpret_cast<char*>(&head), sizeof head);
  if (!in || head.magic != magic || head.parameters != online_.parameters().size()) {
    throw std::runtime_error(file.string() + ": not a checkpoint of a learner with " +
                             std::to_string(online_.parameters().size()) +
                             " parameters; remove it, or train with the options it was made with");
  }
  for (const auto& part : {online_.parameters(), target_.parameters()}) read(in, part);
  for (auto* part : {&mean_, &inverse_, &first_moment_, &second_moment_}) read(in, *part);
  if (!in) throw std::runtime_error(file.string() + ": the checkpoint is cut short; remove it");
  steps_ = static_cast<std::int64_t>(head.steps);
  random_ = random_source(head.random);
}

}  // namespace dvfo::policy
