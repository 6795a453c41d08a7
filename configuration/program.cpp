#include "configuration/program.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
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

}  // namespace

std::string version_text(const std::string& program) { return fmt::format("{} {}", program, DVFO_VERSION); }

void add_log_level(settings_table& table, std::string& level) {
  table.choice("log-level", level, {"trace", "debug", "info", "warning", "error", "off"},
               "least severe message that is logged");
}

void add_parent(settings_table& table, std::int64_t& parent) {
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
  const auto report = [&](const char* what) { fmt::print(stderr, "{}: {}\n", program, what); };
  try {
    return body();
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
