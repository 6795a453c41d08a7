#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dvfo::launcher {

/// A program started with posix_spawn, its standard input empty, its standard output readable line by line. Whatever
/// happens, the child does not outlive this object: the destructor kills it and waits. Daemons started with --parent do
/// not outlive the process either.
class child_process {
 public:
  struct options {
    /// File that receives the child's standard error; empty: the child shares ours.
    std::filesystem::path error_file;
    /// Which environment variables, by name, are kept from the child; empty: it gets all of ours.
    std::function<bool(const std::string& name)> hides;
  };

  /// Starts `program` (a path, no search) with `arguments`. The child gets an empty signal mask and default actions.
  /// Throws std::system_error naming the program when it cannot be started.
  child_process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                const options& how = {});
  ~child_process();
  child_process(child_process&& other) noexcept;
  child_process& operator=(child_process&& other) noexcept;

  [[nodiscard]] pid_t id() const { return id_; }

  /// Next line of the child's output without its newline; nothing at the end of the output. Blocks.
  std::optional<std::string> read_line();

  /// The rest of the child's output. Blocks until the child closes it.
  std::string read_all();

  /// Sends a signal; does nothing once the child has been waited for.
  void signal(int number) const;

  /// Waits for the end: the exit code, or 128 + N when signal N killed it. May be called again.
  int wait();

  /// Voluntary context switches of all its threads and of those of its own children, as the kernel counted them; 0
  /// before wait().
  [[nodiscard]] std::uint64_t voluntary_switches() const { return voluntary_switches_; }

 private:
  void close_output();

  pid_t id_ = -1;
  int output_ = -1;
  std::string buffered_;
  std::optional<int> ended_;
  std::uint64_t voluntary_switches_ = 0;
};

/// Runs a program to its end: exit code and everything it printed on standard output and standard error.
struct finished_program {
  int exit_code = 0;
  std::string output;
  std::string errors;
};
finished_program run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments);

}  // namespace dvfo::launcher
