#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "configuration/settings.hpp"

/// What every program of the project does alike.
namespace dvfo::configuration {

/// "0.1.0" and the like.
std::string version();

/// "dvfo-edge 0.1.0" and the like.
std::string version_text(const std::string& program);

/// Declares --log-level.
void add_log_level(settings_table& table, std::string& level);

/// Declares --parent: the process whose end ends this one too (see stop_with_parent in signals.hpp); 0 for none.
void add_parent(settings_table& table, pid_t& parent);

/// Sends the log to standard error, from `level` up, so that standard output carries results alone.
void start_log(const std::string& program, const std::string& level);

/// Runs `body` and turns what it throws into one line on standard error and the exit code that exit_code.hpp documents.
/// What could not be written to standard output is a failure, too; but where its reader has gone, as behind `| head`,
/// the program ends by SIGPIPE without a word. Ignores that signal meanwhile.
int run_guarded(const std::string& program, const std::function<int()>& body);

}  // namespace dvfo::configuration
