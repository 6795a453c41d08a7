#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "configuration/address.hpp"
#include "configuration/variables.hpp"
#include "tests/integration/programs.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Exit codes as --help documents them.
constexpr int ok = 0;
constexpr int usage = 2;
constexpr int data = 3;
constexpr int network = 4;

launcher::finished_program run(const std::string& name, const std::vector<std::string>& arguments) {
  return launcher::run_program(program(name), arguments);
}

std::string random_bytes(std::size_t count) {
  std::string bytes;
  std::uint32_t state = 12345;
  while (bytes.size() < count) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24U);
  }
  return bytes;
}

class programs : public testing::TestWithParam<const char*> {};

TEST_P(programs, say_their_version) {
  const auto result = run(GetParam(), {"--version"});
  EXPECT_EQ(result.exit_code, ok);
  EXPECT_THAT(result.output, HasSubstr(std::string(GetParam()) + " 0."));
}

TEST_P(programs, teach_with_help) {
  const auto result = run(GetParam(), {"--help"});
  EXPECT_EQ(result.exit_code, ok);
  EXPECT_THAT(result.output, AllOf(HasSubstr("Examples:"), HasSubstr("Exit codes:")));
}

TEST_P(programs, name_the_nearest_flag_for_an_unknown_one) {
  const auto result = run(GetParam(), {"--versoin"});
  EXPECT_EQ(result.exit_code, usage);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("--versoin"), HasSubstr("--version"), HasSubstr("--help")));
}

INSTANTIATE_TEST_SUITE_P(all, programs, testing::Values("dvfo", "dvfo-edge", "dvfo-cloud", "dvfo-faults"));

/// What --help says, by the full name of the program or subcommand: of every program and all below it.
using help_texts = std::map<std::string, std::string>;

void collect_help(const std::string& program, const std::vector<std::string>& words, help_texts& found) {
  auto arguments = words;
  arguments.emplace_back("--help");
  const auto help = run(program, arguments);
  ASSERT_EQ(help.exit_code, ok) << program;
  found.emplace(words.empty() ? program : fmt::format("{} {}", program, fmt::join(words, " ")), help.output);
  std::istringstream lines(help.output);
  bool is_list = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(' ')) is_list = line.starts_with("Subcommands:");
    if (!is_list || !line.starts_with("  ") || line[2] == ' ') continue;
    auto below = words;
    below.push_back(line.substr(2, line.find(' ', 2) - 2));
    collect_help(program, below, found);
  }
}

const help_texts& all_help() {
  static const help_texts found = [] {
    help_texts texts;
    for (const char* name : {"dvfo", "dvfo-edge", "dvfo-cloud", "dvfo-faults"}) collect_help(name, {}, texts);
    return texts;
  }();
  return found;
}

struct shown_flag {
  std::string owner;     ///< "dvfo top"
  std::string name;      ///< "interval"
  std::string variable;  ///< empty: none is shown
};

std::vector<shown_flag> all_flags() {
  std::vector<shown_flag> found;
  for (const auto& [owner, help] : all_help()) {
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("  --")) continue;
      const auto begin = line.rfind("env DVFO_");
      found.push_back({owner, line.substr(4, line.find_first_of(" ,", 4) - 4),
                       begin == std::string::npos ? "" : line.substr(begin + 4, line.rfind(']') - begin - 4)});
    }
  }
  return found;
}

// DVFO_JSON, DVFO_CONFIG, DVFO_BOARD, DVFO_INTERVAL and ten more were read by several programs in different meanings,
// so that what a user had set for one broke another.
TEST(variables, belong_to_one_program_unless_they_are_common_to_all) {
  const auto flags = all_flags();
  EXPECT_GT(flags.size(), 150U) << "the help was not understood";
  std::set<std::string> common;
  for (const auto& each : configuration::common_variables) common.insert(each.name);
  std::map<std::string, std::string> owner;
  std::set<std::string> former;
  for (const auto& flag : flags) {
    // Outside the tables of settings: some ask for a text, one takes a list.
    if (std::set<std::string>{"version", "measurements", "check", "list-toxics"}.count(flag.name) != 0) continue;
    EXPECT_EQ(flag.variable, configuration::variable_name(flag.owner, flag.name)) << flag.owner << " --" << flag.name;
    if (common.count(flag.variable) != 0) continue;
    const auto [known, is_new] = owner.emplace(flag.variable, flag.owner);
    EXPECT_TRUE(is_new) << flag.variable << " is read by " << known->second << " and by " << flag.owner;
    if (const auto old = configuration::former_variable_name(flag.name)) former.insert(*old);
  }
  // Else a program would complain about a variable that is rightly there for another.
  for (const auto& name : former) EXPECT_EQ(owner.count(name), 0U) << name;
}

// The example of `dvfo doctor --help` was an address that no node takes.
TEST(examples, name_addresses_that_nodes_take) {
  const std::regex address("--(cloud|listen) ([^ ]*:[0-9]+)");
  int count = 0;
  for (const auto& [owner, help] : all_help()) {
    for (std::sregex_iterator at(help.begin(), help.end(), address), end; at != end; ++at, ++count) {
      EXPECT_NO_THROW((*at)[1] == "cloud" ? configuration::cloud_address((*at)[2], "cloud")
                                          : configuration::listen_address((*at)[2], "listen"))
          << owner;
    }
  }
  EXPECT_GE(count, 5);
}

TEST(variables, of_earlier_releases_are_complained_about_at_the_start) {
  const auto result = launcher::run_program(
      "/bin/sh", {"-c", "DVFO_SHARE=0.5 exec \"$0\" --cloud nowhere", program("dvfo-edge").string()});
  EXPECT_EQ(result.exit_code, usage);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("DVFO_SHARE "), HasSubstr("DVFO_EDGE_SHARE\n")));
}

/// Settings are read before anything is looked for: what is missing then is the output's folder alone.
TEST(recipes, have_keys_and_values_that_the_trainers_know) {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(DVFO_RECIPES)) {
    const auto result = run("dvfo", {"train", "model", "--config", file.path().string()});
    EXPECT_EQ(result.exit_code, usage) << file.path();
    EXPECT_THAT(result.errors, HasSubstr("--output is missing")) << file.path();
    ++count;
  }
  EXPECT_GE(count, 3);
}

class daemons : public testing::TestWithParam<const char*> {};

TEST_P(daemons, refuse_an_unknown_key_with_file_line_and_nearest_key) {
  const temporary_folder folder;
  const auto file = folder.path() / "node.toml";
  write_file(file, "log-level = \"info\"\nbundel = \"x\"\n");
  const auto result = run(GetParam(), {"--config", file.string()});
  EXPECT_EQ(result.exit_code, usage);
  EXPECT_THAT(result.errors, AllOf(HasSubstr(file.string() + ":2"), HasSubstr("bundel"), HasSubstr("'bundle'")));
}

TEST_P(daemons, refuse_random_bytes_as_configuration) {
  const temporary_folder folder;
  write_file(folder.path() / "node.toml", random_bytes(2048));
  EXPECT_EQ(run(GetParam(), {"--config", (folder.path() / "node.toml").string()}).exit_code, usage);
}

TEST_P(daemons, refuse_a_bundle_that_does_not_exist) {
  const auto result = run(GetParam(), {"--bundle", "/nowhere/bundle"});
  EXPECT_EQ(result.exit_code, usage);
  EXPECT_THAT(result.errors, HasSubstr("/nowhere/bundle"));
}

TEST_P(daemons, refuse_random_bytes_as_bundle) {
  const temporary_folder folder;
  write_file(folder.path() / "manifest.toml", random_bytes(512));
  write_file(folder.path() / "weights.bin", random_bytes(4096));
  const auto result = run(GetParam(), {"--bundle", folder.path().string()});
  EXPECT_EQ(result.exit_code, data);
  EXPECT_THAT(result.errors, HasSubstr(folder.path().string()));
}

TEST_P(daemons, refuse_a_bundle_with_damaged_weights) {
  const temporary_folder folder;
  std::filesystem::copy(procedural(), folder.path(), std::filesystem::copy_options::recursive);
  const auto weights = folder.path() / "weights.bin";
  const auto size = std::filesystem::file_size(weights);
  std::filesystem::resize_file(weights, size / 2);
  const auto result = run(GetParam(), {"--bundle", folder.path().string()});
  EXPECT_EQ(result.exit_code, data);
  EXPECT_THAT(result.errors, HasSubstr("weights.bin"));
}

TEST_P(daemons, do_not_outlive_the_parent_that_they_are_given) {
  // Process 1 did not start it, so the parent counts as gone.
  EXPECT_EQ(run(GetParam(), {"--bundle", procedural(), "--parent", "1"}).exit_code, 1);
}

INSTANTIATE_TEST_SUITE_P(both, daemons, testing::Values("dvfo-edge", "dvfo-cloud"));

TEST(cloud_address, is_refused_unless_it_is_loopback) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:7070"}) {
    const auto result = run("dvfo-cloud", {"--bundle", procedural(), "--listen", address});
    EXPECT_EQ(result.exit_code, network) << address;
    EXPECT_THAT(result.errors, HasSubstr("TLS")) << address;
    EXPECT_EQ(result.output, "") << address;
  }
}

TEST(cloud_address, may_be_any_loopback_one) {
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:0", "localhost:0"})
    EXPECT_NO_THROW(start_cloud(address)) << address;
}

TEST(cloud_address, that_is_taken_is_named) {
  const auto first = start_cloud();
  const auto result = run("dvfo-cloud", {"--bundle", procedural(), "--listen", first.address});
  EXPECT_EQ(result.exit_code, network);
  EXPECT_THAT(result.errors, HasSubstr(first.address));
}

TEST(cloud_address, without_port_is_a_mistake_of_usage) {
  EXPECT_EQ(run("dvfo-cloud", {"--bundle", procedural(), "--listen", "localhost"}).exit_code, usage);
  EXPECT_EQ(run("dvfo-edge", {"--bundle", procedural(), "--cloud", "localhost"}).exit_code, usage);
}

TEST(edge_node, talks_plainly_to_loopback_only) {
  const auto result = run("dvfo-edge", {"--bundle", procedural(), "--cloud", "192.0.2.1:7070"});
  EXPECT_EQ(result.exit_code, network);
  EXPECT_THAT(result.errors, HasSubstr("TLS"));
}

TEST(edge_node, takes_flags_over_environment_over_file) {
  const temporary_folder folder;
  const auto file = folder.path() / "edge.toml";
  write_file(
      file,
      "share = 0.25\ntasks = 1\ninput = \"procedural\"\ncloud = \"inproc\"\njson = \"-\"\nlog-level = \"error\"\n");
  const auto decided = [&](const std::string& prefix, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"-c",
                                       prefix + " exec \"$0\" \"$@\"",
                                       program("dvfo-edge").string(),
                                       "--bundle",
                                       procedural(),
                                       "--config",
                                       file.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return edge_node::read_report(launcher::run_program("/bin/sh", arguments).output).outcome.decided.share;
  };
  EXPECT_DOUBLE_EQ(decided("", {}), 0.25);
  EXPECT_DOUBLE_EQ(decided("DVFO_EDGE_SHARE=0.5", {}), 0.5);
  EXPECT_DOUBLE_EQ(decided("DVFO_EDGE_SHARE=", {}), 0.25) << "an empty variable is none";
  EXPECT_DOUBLE_EQ(decided("DVFO_CLOUD_SHARE=0.5", {}), 0.25) << "another program's";
  EXPECT_DOUBLE_EQ(decided("DVFO_EDGE_SHARE=0.5", {"--share", "0.75"}), 0.75);
}

TEST(edge_node, refuses_an_input_that_is_nothing) {
  const temporary_folder folder;
  const auto result =
      run("dvfo-edge", {"--bundle", procedural(), "--cloud", "none", "--input", folder.path().string()});
  EXPECT_EQ(result.exit_code, data);
  EXPECT_THAT(result.errors, HasSubstr(folder.path().string()));
}

TEST(edge_node, refuses_a_json_file_that_cannot_be_written) {
  const auto result =
      run("dvfo-edge", {"--bundle", procedural(), "--cloud", "none", "--input", "procedural", "--json", "/nowhere/x"});
  EXPECT_EQ(result.exit_code, usage);
  EXPECT_THAT(result.errors, HasSubstr("/nowhere/x"));
}

}  // namespace
}  // namespace dvfo::tests
