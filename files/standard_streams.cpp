#include "files/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

#include "files/descriptor.hpp"

namespace dvfo::files {
namespace {

constexpr const char* output_name = "standard output";

[[noreturn]] void fail(int problem) {
  if (problem == EPIPE) throw reader_gone();
  throw error(output_name, problem == EBADF ? "is closed" : reason_of(problem));
}

}  // namespace

reader_gone::reader_gone() : error(output_name, reason_of(EPIPE)) {}

void print(std::string_view text) {
  if (const int problem = write_fully(STDOUT_FILENO, text, patience::endless); problem != 0) fail(problem);
}

void tell(std::string_view text) noexcept {
  [[maybe_unused]] const int ignored = write_fully(STDERR_FILENO, text, patience::none);
}

void tell_line(const std::string& text) { tell(text + '\n'); }

void keep_standard_streams() noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round on purpose: reading or writing there is the error that it was. The lowest free number is
    // this.
    [[maybe_unused]] const int opened = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void finish_standard_output() {
  errno = 0;
  const bool has_failed = !std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (has_failed) fail(errno != 0 ? errno : EIO);
}

}  // namespace dvfo::files
