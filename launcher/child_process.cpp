#include "launcher/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "files/reading.hpp"

namespace dvfo::launcher {
namespace {

// posix_spawn's two property objects, freed on every path.
struct spawn_setup {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  spawn_setup() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t reset;
    sigemptyset(&reset);
    for (const int number : {SIGINT, SIGTERM, SIGPIPE}) sigaddset(&reset, number);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &reset);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_setup() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
};

// Our environment, for posix_spawn, without what `hides` names.
std::vector<char*> environment_without(const std::function<bool(const std::string&)>& hides) {
  std::vector<char*> kept;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry(*each);
    if (!hides || !hides(std::string(entry.substr(0, entry.find('='))))) kept.push_back(*each);
  }
  kept.push_back(nullptr);
  return kept;
}

}  // namespace

child_process::child_process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                             const options& how) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  output_ = ends[0];
  spawn_setup setup;
  posix_spawn_file_actions_addopen(&setup.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&setup.actions, ends[1], STDOUT_FILENO);
  if (!how.error_file.empty()) {
    posix_spawn_file_actions_addopen(&setup.actions, STDERR_FILENO, how.error_file.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
  }
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  raw.reserve(words.size() + 1);
  for (auto& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  const int problem = posix_spawn(&id_, program.c_str(), &setup.actions, &setup.attributes, raw.data(),
                                  environment_without(how.hides).data());
  close(ends[1]);
  if (problem != 0) {
    id_ = -1;
    close_output();
    throw std::system_error(problem, std::generic_category(), "cannot start " + program.string());
  }
}

child_process::~child_process() {
  if (id_ > 0 && !ended_) {
    kill(id_, SIGKILL);
    wait();
  }
  close_output();
}

child_process::child_process(child_process&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      output_(std::exchange(other.output_, -1)),
      buffered_(std::move(other.buffered_)),
      ended_(other.ended_),
      voluntary_switches_(other.voluntary_switches_) {}

child_process& child_process::operator=(child_process&& other) noexcept {
  // The parameter's destructor ends the child that this object held before.
  std::swap(id_, other.id_);
  std::swap(output_, other.output_);
  std::swap(buffered_, other.buffered_);
  std::swap(ended_, other.ended_);
  std::swap(voluntary_switches_, other.voluntary_switches_);
  return *this;
}

std::optional<std::string> child_process::read_line() {
  for (;;) {
    if (const auto end = buffered_.find('\n'); end != std::string::npos) {
      auto line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    std::array<char, 65536> block;
    const auto got = read(output_, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (buffered_.empty()) return std::nullopt;
      return std::exchange(buffered_, std::string());
    }
    buffered_.append(block.data(), static_cast<std::size_t>(got));
  }
}

std::string child_process::read_all() {
  std::string text;
  while (auto line = read_line()) text += *line + '\n';
  return text;
}

void child_process::signal(int number) const {
  if (id_ > 0 && !ended_) kill(id_, number);
}

int child_process::wait() {
  if (ended_) return *ended_;
  int status = 0;
  rusage used{};
  while (wait4(id_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  voluntary_switches_ = static_cast<std::uint64_t>(used.ru_nvcsw);
  ended_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return *ended_;
}

void child_process::close_output() {
  if (output_ >= 0) close(std::exchange(output_, -1));
}

finished_program run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  auto name = (std::filesystem::temp_directory_path() / "dvfo-errors-XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot create " + name);
  close(file);
  finished_program result;
  {
    child_process child(program, arguments, {name, {}});
    result.output = child.read_all();
    result.exit_code = child.wait();
  }
  result.errors = files::read_whole(name, files::longest_text);
  unlink(name.c_str());
  return result;
}

}  // namespace dvfo::launcher
