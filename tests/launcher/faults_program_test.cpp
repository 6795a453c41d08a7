#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "launcher/child_process.hpp"
#include "launcher/node_processes.hpp"
#include "tests/link/faults/sockets.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::launcher {
namespace {

using link::faults::connect_to;
using link::faults::test_server;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

// Exit codes as --help documents them.
constexpr int ok = 0;
constexpr int usage = 2;
constexpr int network = 4;

const std::filesystem::path root = DVFO_ROOT;

finished_program run(const std::vector<std::string>& arguments) {
  return run_program(program("dvfo-faults"), arguments);
}

std::string scenario_for(const std::string& upstream, const std::string& more = {}) {
  return "seed = 5\n[[proxy]]\nname = \"p\"\nlisten = \"127.0.0.1:0\"\nupstream = \"" + upstream + "\"\n" + more;
}

/// dvfo-faults with JSON lines, as it runs.
class running {
 public:
  explicit running(std::vector<std::string> arguments)
      : child_(program("dvfo-faults"), with_json(std::move(arguments))) {}

  /// The next line of this event; the others are skipped. Null at the end of the output.
  json next(const std::string& event) {
    while (const auto line = child_.read_line()) {
      auto out = json::parse(*line);
      if (out.at("event") == event) return out;
    }
    return {};
  }

  void signal(int number) const { child_.signal(number); }
  int wait() { return child_.wait(); }

 private:
  static std::vector<std::string> with_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--json", "--parent", std::to_string(getpid())});
    return arguments;
  }

  child_process child_;
};

class faults_program : public testing::Test {
 protected:
  std::string file_with(const std::string& text) {
    tests::write_file(folder_.path() / "s.toml", text);
    return (folder_.path() / "s.toml").string();
  }

  tests::temporary_folder folder_;
};

TEST_F(faults_program, teaches_with_help_and_says_its_version) {
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit_code, ok);
  EXPECT_THAT(help.output, AllOf(HasSubstr("Examples:"), HasSubstr("Exit codes:"), HasSubstr("--list-toxics")));
  EXPECT_THAT(run({"--version"}).output, HasSubstr("dvfo-faults 0."));
  const auto slip = run({"--chek"});
  EXPECT_EQ(slip.exit_code, usage);
  EXPECT_THAT(slip.errors, HasSubstr("--check"));
}

TEST_F(faults_program, lists_every_toxic_with_its_attributes) {
  const auto words = run({"--list-toxics"});
  EXPECT_EQ(words.exit_code, ok);
  EXPECT_THAT(words.output, AllOf(HasSubstr("latency: "), HasSubstr("  jitter (ms"), HasSubstr("down: ")));
  const auto listed = json::parse(run({"--list-toxics", "--json"}).output).at("toxics");
  ASSERT_EQ(listed.size(), 10U);
  EXPECT_EQ(listed[0].at("type"), "latency");
  EXPECT_EQ(listed[0].at("attributes")[1].at("name"), "jitter");
}

TEST_F(faults_program, finds_every_shipped_scenario_right) {
  int count = 0;
  for (const auto& each : std::filesystem::directory_iterator(root / "deploy/faults")) {
    if (each.path().extension() != ".toml") continue;
    const auto checked = run({"--config", each.path().string(), "--check"});
    EXPECT_EQ(checked.exit_code, ok) << checked.errors;
    EXPECT_THAT(checked.output, HasSubstr("is right (proxies: 1, events: "));
    ++count;
  }
  EXPECT_EQ(count, 4);
}

/// The documentation's scenario, and its commands that need no network.
TEST_F(faults_program, does_what_the_documentation_shows) {
  const auto text = tests::read_file(root / "docs/faults.md");
  const auto begin = text.find("```toml\n");
  ASSERT_NE(begin, std::string::npos);
  const auto scenario = text.substr(begin + 8, text.find("```", begin + 8) - begin - 8);
  const auto checked = run({"--config", file_with(scenario), "--check", "--json"});
  ASSERT_EQ(checked.exit_code, ok) << checked.errors;
  EXPECT_EQ(json::parse(checked.output).at("events")[0].at("stream"), "both");

  std::istringstream lines(text);
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto says = [&](const char* flag) { return line.find(flag) != std::string::npos; };
    if (!line.starts_with("    dvfo-faults ") || !(says("--help") || says("--list-toxics") || says("--check")))
      continue;
    const auto shown = run_program("/bin/sh", {"-c", "cd \"$0\" && exec \"$1\"" + line.substr(15), root.string(),
                                               program("dvfo-faults").string()});
    EXPECT_EQ(shown.exit_code, ok) << line << '\n' << shown.errors;
    EXPECT_FALSE(shown.output.empty()) << line;
    ++commands;
  }
  EXPECT_GE(commands, 5);
}

TEST_F(faults_program, proxies_and_tells_until_it_is_stopped) {
  const test_server server;
  running faults({"--config", file_with(scenario_for(server.address(),
                                                     "[[event]]\nat = 0\nproxy = \"p\"\ntype = \"latency\"\n"
                                                     "attributes = { latency = 1 }\n"))});
  const auto start = faults.next("start");
  EXPECT_EQ(start.at("seed"), 5);
  const auto proxy = faults.next("proxy");
  EXPECT_EQ(proxy.at("change"), "added");
  faults.next("ready");
  const auto toxic = faults.next("toxic");
  EXPECT_EQ(toxic.at("name"), "event1_latency_downstream");
  EXPECT_EQ(toxic.at("attributes").at("latency"), 1);
  const auto client = connect_to(proxy.at("listen"));
  const auto behind = server.accept();
  behind.send("hello");
  EXPECT_EQ(client.read(5), "hello");
  EXPECT_EQ(faults.next("connection").at("toxics"), json::array({"event1_latency_downstream"}));
  faults.signal(SIGTERM);
  EXPECT_TRUE(client.is_at_end()) << "an orderly end, no reset";
  EXPECT_EQ(faults.next("stop").at("signal"), SIGTERM);
  const auto closed = faults.next("connection");
  EXPECT_EQ(closed.at("bytes_downstream"), 5);
  EXPECT_EQ(faults.wait(), ok);
}

TEST_F(faults_program, tells_in_words_as_well) {
  const test_server server;
  child_process faults(program("dvfo-faults"), {"--config", file_with(scenario_for(server.address())), "--seed", "9"});
  EXPECT_THAT(faults.read_line().value_or(""), HasSubstr("seed 9"));
  EXPECT_THAT(faults.read_line().value_or(""),
              AllOf(HasSubstr("p: added; listens on 127.0.0.1:"), HasSubstr(server.address())));
  EXPECT_EQ(faults.read_line(), "ready");
  faults.signal(SIGINT);
  EXPECT_THAT(faults.read_all(), HasSubstr("stopping"));
  EXPECT_EQ(faults.wait(), ok);
}

TEST_F(faults_program, says_what_is_wrong_and_where) {
  const auto nothing = run({});
  EXPECT_EQ(nothing.exit_code, usage);
  EXPECT_THAT(nothing.errors, AllOf(HasSubstr("--config"), HasSubstr("--api")));
  const auto slip = run({"--check", "--config",
                         file_with(scenario_for("127.0.0.1:1",
                                                "[[event]]\nat = 0\nproxy = \"q\"\n"
                                                "type = \"latency\"\n"))});
  EXPECT_EQ(slip.exit_code, usage);
  EXPECT_THAT(slip.errors, AllOf(HasSubstr("s.toml:8: [[event]] 1: key 'proxy' is 'q'"), HasSubstr("one of p")));
  EXPECT_THAT(run({"--check", "--config", file_with("[[proxys]]\nname = 1\n")}).errors,
              AllOf(HasSubstr("s.toml:1"), HasSubstr("'proxy'")));
  EXPECT_THAT(run({"--check", "--config", file_with("seed = 1\n")}).errors, HasSubstr("no [[proxy]]"));
}

TEST_F(faults_program, reads_a_scenario_from_a_pipe) {
  const auto checked = run_program("/bin/sh", {"-c", "cat \"$0\" | \"$1\" --config /dev/stdin --check",
                                               file_with(scenario_for("[::1]:1")), program("dvfo-faults").string()});
  EXPECT_EQ(checked.exit_code, ok) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("is right (proxies: 1, events: 0)"));
}

TEST_F(faults_program, does_not_outlive_the_parent_that_it_is_given) {
  // Process 1 did not start it, so the parent counts as gone.
  EXPECT_EQ(run({"--api", "127.0.0.1:0", "--parent", "1"}).exit_code, 1);
}

TEST_F(faults_program, names_an_address_that_is_taken_or_refused) {
  const test_server server;
  const auto with_listen = [&](const std::string& listen) {
    return file_with("[[proxy]]\nname = \"p\"\nlisten = \"" + listen + "\"\nupstream = \"127.0.0.1:1\"\n");
  };
  const auto taken = run({"--config", with_listen(server.address())});
  EXPECT_EQ(taken.exit_code, network);
  EXPECT_THAT(taken.errors, HasSubstr(server.address()));
  const auto api = run({"--api", server.address()});
  EXPECT_EQ(api.exit_code, network);
  EXPECT_THAT(api.errors, HasSubstr(server.address()));
  EXPECT_EQ(run({"--config", with_listen("0.0.0.0:0")}).exit_code, usage);
  EXPECT_EQ(run({"--api", "0.0.0.0:0"}).exit_code, usage);
}

TEST_F(faults_program, is_driven_by_toxiproxys_own_client) {
  const auto has = [](const std::string& name) {
    return run_program("/bin/sh", {"-c", "command -v " + name}).exit_code == 0;
  };
  if (!has("node") || !has("npm")) GTEST_SKIP() << "node and npm are not installed";
  const auto installed =
      run_program("/bin/sh", {"-c",
                              "npm install --prefix \"$0\" --no-audit --no-fund --ignore-scripts --fetch-retries=0 "
                              "--fetch-timeout=20000 toxiproxy-node-client@4.1.0 2>&1",
                              folder_.path().string()});
  if (installed.exit_code != 0) GTEST_SKIP() << "npm cannot install toxiproxy-node-client: " << installed.output;
  running faults({"--api", "127.0.0.1:0"});
  const std::string listen = faults.next("api").at("listen");
  const auto drive =
      run_program("/bin/sh", {"-c", "NODE_PATH=\"$0/node_modules\" exec node \"$1\" \"$2\"", folder_.path().string(),
                              (root / "tests/launcher/toxiproxy_client.js").string(), listen});
  EXPECT_EQ(drive.exit_code, 0) << drive.errors;
  EXPECT_EQ(drive.output, "ok\n");
  faults.signal(SIGTERM);
  EXPECT_EQ(faults.wait(), ok);
}

}  // namespace
}  // namespace dvfo::launcher
