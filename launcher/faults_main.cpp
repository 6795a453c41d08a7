#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "configuration/address.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/program.hpp"
#include "configuration/signals.hpp"
#include "launcher/faults_texts.hpp"
#include "launcher/line_writer.hpp"
#include "link/faults/address.hpp"
#include "link/faults/api.hpp"
#include "link/faults/engine.hpp"
#include "link/faults/scenario.hpp"

namespace {

namespace faults = dvfo::link::faults;
using nlohmann::ordered_json;

constexpr const char* description =
    "Breaks links on purpose: TCP proxies whose connections are slowed, stalled, damaged and cut as a scenario "
    "says.\n\n"
    "Programs connect to a proxy instead of the server behind it; --config names the scenario (docs/faults.md). The "
    "faults, their attributes and units are those of Toxiproxy (--list-toxics). What happens is told on standard "
    "output, "
    "a line each; 'ready' comes when every proxy listens. The scenario's clock starts with the program. SIGINT or "
    "SIGTERM "
    "closes everything. No root is needed.\n\n"
    "Examples:\n"
    "  dvfo-faults --list-toxics\n"
    "  dvfo-faults --config deploy/faults/lift-lte.toml --check\n"
    "  dvfo-faults --config deploy/faults/lift-lte.toml --json > what-happened.jsonl\n"
    "  dvfo-faults --config what-failed.toml --seed 7       # the same luck again\n"
    "  dvfo-faults --api 127.0.0.1:8474                     # driven by Toxiproxy's clients\n";

struct program_settings {
  std::string api;
  std::int64_t seed = 1;
  bool json = false;
  pid_t parent = 0;
};

/// Turns what the library throws into what the programs end with.
template <class Work>
auto as_program(const Work& work) {
  try {
    return work();
  } catch (const faults::address_error& problem) {
    throw dvfo::configuration::network_error(problem.what());
  } catch (const faults::scenario_error& problem) {
    throw dvfo::configuration::usage_error(problem.what());
  } catch (const std::invalid_argument& problem) {
    throw dvfo::configuration::usage_error(problem.what());
  }
}

/// Thousands of connections take two descriptors each; the usual limit is for programs that call select().
void allow_many_connections() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/// What the program itself tells, beside the engine's reports.
class teller {
 public:
  explicit teller(bool as_json)
      : as_json_(as_json), lines_(STDOUT_FILENO, [=](std::size_t count) {
          return as_json ? ordered_json{{"event", "lost"}, {"lines", count}}.dump()
                         : fmt::format("{} lines are left out: nobody read them in time", count);
        }) {}

  void hear(const faults::report& what) { lines_.write(as_json_ ? to_json(what) : to_text(what)); }

  void say(faults::instant at, const char* event, const ordered_json& more, const std::string& words) {
    ordered_json line{{"at", std::chrono::duration<double>(at).count()}, {"event", event}};
    line.update(more);
    lines_.write(as_json_ ? line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) : words);
  }

 private:
  bool as_json_;
  dvfo::launcher::line_writer lines_;
};

void run_proxies(const program_settings& settings, const std::string& name, faults::scenario what,
                 std::future<int> stopped) {
  allow_many_connections();
  teller told(settings.json);
  const auto version = dvfo::configuration::version();
  told.say({}, "start", {{"seed", settings.seed}, {"scenario", name}, {"version", version}},
           fmt::format("seed {}, scenario {}", settings.seed, name.empty() ? "none" : name));
  faults::engine proxies({.seed = static_cast<std::uint64_t>(settings.seed),
                          .report = [&](const faults::report& each) { told.hear(each); }});
  std::unique_ptr<faults::api> api;
  as_program([&] {
    proxies.populate(what.proxies);
    if (!settings.api.empty()) api = std::make_unique<faults::api>(proxies, settings.api, version);
  });
  if (api)
    told.say(proxies.now(), "api", {{"listen", api->address()}}, fmt::format("api on http://{}", api->address()));
  told.say(proxies.now(), "ready", ordered_json::object(), "ready");
  proxies.play(std::move(what.events));
  const int number = stopped.get();
  told.say(proxies.now(), "stop", {{"signal", number}}, fmt::format("signal {}: stopping", number));
  api.reset();
  proxies.stop();
}

int run(int argc, const char* const* argv) {
  std::promise<int> stopped;
  dvfo::configuration::stop_signals signals;  // its thread uses the promise, which outlives it
  program_settings settings;
  dvfo::configuration::settings_table table;
  table
      .text("api", settings.api, "HOST:PORT",
            "serve Toxiproxy's HTTP interface there, on loopback alone, e.g. 127.0.0.1:8474")
      .integer("seed", settings.seed, {0, 9e15}, "N",
               "what chance begins with: the same seed draws the same faults again")
      .flag("json", settings.json, "tell everything as JSON, for a log from which a failure can be replayed")
      .table("proxy")
      .table("event");
  dvfo::configuration::add_parent(table, settings.parent);

  bool wants_check = false;
  bool wants_list = false;
  CLI::App app(description, "dvfo-faults");
  app.set_version_flag("--version", dvfo::configuration::version_text("dvfo-faults"));
  app.footer(dvfo::configuration::exit_code_help);
  app.add_flag("--check", wants_check, "only say whether the scenario is right, and what it will do when");
  app.add_flag("--list-toxics", wants_list, "only list the faults and their attributes");
  table.attach(app);
  if (const auto code = dvfo::configuration::parse_command_line(app, argc, argv)) return *code;
  table.settle();
  if (wants_list) {
    fmt::print("{}\n", dvfo::launcher::list_of_toxics(settings.json));
    return dvfo::configuration::exit_success;
  }
  auto what = as_program([&] {
    return table.file() ? faults::parse_scenario(table.file()->text, table.file()->name) : faults::scenario();
  });
  if (what.proxies.empty() && (settings.api.empty() || wants_check)) {
    throw dvfo::configuration::usage_error(
        table.file() ? fmt::format("{} has no [[proxy]]; expected at least one, or --api", table.file()->name)
                     : "nothing to do: expected --config with a scenario (docs/faults.md), or --api");
  }
  if (wants_check) {
    fmt::print("{}\n", dvfo::launcher::summary_of(what, table.file()->name, settings.json));
    return dvfo::configuration::exit_success;
  }
  if (settings.parent > 0) dvfo::configuration::stop_with_parent(settings.parent);
  signals.listen([&](int number) { stopped.set_value(number); });
  run_proxies(settings, table.file() ? table.file()->name : "", std::move(what), stopped.get_future());
  return dvfo::configuration::exit_success;
}

}  // namespace

int main(int argc, char** argv) {
  return dvfo::configuration::run_guarded("dvfo-faults", [&] { return run(argc, argv); });
}
