#include "configuration/program.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>

#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "files/standard_streams.hpp"
#include "inference/error.hpp"

namespace dvfo::configuration {
namespace {

int code_of(inference::errc problem) {
  switch (problem) {
    case inference::errc::bad_bundle:
    case inference::errc::bad_dataset:
      return exit_data;
    case inference::errc::bad_image:
    case inference::errc::bad_frame:
    case inference::errc::bad_argument:
    case inference::errc::io:
      return exit_failure;
  }
  return exit_failure;
}

/// Ends as a program does that knows nothing of pipes: without a word, by the signal that its shell expects.
int end_by_broken_pipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  return 128 + SIGPIPE;
}

}  // namespace

std::string version() { return DVFO_VERSION; }

std::string version_text(const std::string& program) { return fmt::format("{} {}", program, version()); }

void add_log_level(settings_table& table, std::string& level) {
  table.choice("log-level", level, {"trace", "debug", "info", "warning", "error", "off"},
               "least severe message that is logged");
}

void add_parent(settings_table& table, pid_t& parent) {
  table.integer("parent", parent, {0, 4'194'304}, "PID",
                "stop when this process, the one that starts the daemon, ends");
}

void start_log(const std::string& program, const std::string& level) {
  auto log = spdlog::stderr_color_mt(program);
  log->set_level(spdlog::level::from_str(level));
  log->set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %^%l%$ %v");
  spdlog::set_default_logger(std::move(log));
}

int run_guarded(const std::string& program, const std::function<int()>& body) {
  const auto report = [&](const char* what) { files::tell(fmt::format("{}: {}\n", program, what)); };
  files::keep_standard_streams();
  // A reader that goes away is an error of the write: a node puts its clocks back first. Who starts a program with the
  // signal ignored wants to hear of it in words.
  const bool wants_words = std::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
  try {
    const int code = body();
    files::finish_standard_output();
    return code;
  } catch (const files::reader_gone& problem) {
    if (!wants_words) return end_by_broken_pipe();
    report(problem.what());
    return exit_failure;
  } catch (const usage_error& problem) {
    report(problem.what());
    return exit_usage;
  } catch (const network_error& problem) {
    report(problem.what());
    return exit_network;
  } catch (const inference::error& problem) {
    report(problem.what());
    return code_of(problem.code());
  } catch (const std::exception& problem) {
    report(problem.what());
    return exit_failure;
  }
}

}  // namespace dvfo::configuration
