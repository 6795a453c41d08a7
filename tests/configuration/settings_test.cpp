#include "configuration/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>

namespace dvfo::configuration {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// One program's settings and the three places that they are read from.
class configuration : public testing::Test {
 protected:
  configuration()
      : table_([this](const std::string& name) { return variable(name); },
               [this](const std::string& text) { complaints_.push_back(text); }) {
    table_.text("bundle", bundle_, "DIR", "model bundle")
        .choice("log-level", level_, {"info", "debug"}, "log")
        .integer("max-batch", max_batch_, {1, 256}, "N", "requests in a batch")
        .real("share", share_, {0.0, 1.0}, "SHARE", "offloaded share")
        .flag("quiet", quiet_, "say less");
    table_.attach(app_);
  }
  ~configuration() override { std::filesystem::remove(file_); }

  void write_file(const std::string& text) {
    std::ofstream(file_) << text;
    variables_["DVFO_TEST_CONFIG"] = file_.string();
  }

  // Parses flags and settles; the error's text, or "" when all went well.
  std::string settle(std::vector<std::string> flags = {}) {
    std::reverse(flags.begin(), flags.end());
    app_.parse(flags);
    try {
      table_.settle();
    } catch (const usage_error& problem) {
      return problem.what();
    }
    return "";
  }

  std::optional<std::string> variable(const std::string& name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  }

  std::string bundle_ = "procedural";
  std::string level_ = "info";
  std::int64_t max_batch_ = 8;
  double share_ = 0.5;
  bool quiet_ = false;
  std::map<std::string, std::string> variables_;
  std::vector<std::string> complaints_;
  std::filesystem::path file_ = std::filesystem::path(testing::TempDir()) /
                                (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".toml");
  CLI::App app_{"test", "dvfo-test"};
  settings_table table_;
};

TEST_F(configuration, keeps_defaults_when_nothing_is_said) {
  EXPECT_EQ(settle(), "");
  EXPECT_EQ(bundle_, "procedural");
  EXPECT_EQ(max_batch_, 8);
  EXPECT_DOUBLE_EQ(share_, 0.5);
  EXPECT_FALSE(quiet_);
}

TEST_F(configuration, reads_every_kind_from_the_file) {
  write_file("bundle = \"b\"\nlog-level = \"debug\"\nmax-batch = 16\nshare = 1\nquiet = true\n");
  EXPECT_EQ(settle(), "");
  EXPECT_EQ(bundle_, "b");
  EXPECT_EQ(level_, "debug");
  EXPECT_EQ(max_batch_, 16);
  EXPECT_DOUBLE_EQ(share_, 1.0);
  EXPECT_TRUE(quiet_);
}

TEST_F(configuration, puts_flags_over_environment_over_file) {
  write_file("share = 0.25\nmax-batch = 2\nbundle = \"file\"\n");
  variables_["DVFO_TEST_SHARE"] = "0.75";
  variables_["DVFO_TEST_MAX_BATCH"] = "4";
  EXPECT_EQ(settle({"--share", "1"}), "");
  EXPECT_DOUBLE_EQ(share_, 1.0);
  EXPECT_EQ(max_batch_, 4);
  EXPECT_EQ(bundle_, "file");
}

TEST_F(configuration, takes_the_file_from_the_flag_before_the_variable) {
  write_file("share = 0.25\n");
  variables_["DVFO_TEST_CONFIG"] = "/nowhere.toml";
  EXPECT_EQ(settle({"--config", file_.string()}), "");
  EXPECT_DOUBLE_EQ(share_, 0.25);
}

// DVFO_INTERVAL was seconds to one program and milliseconds to the next, DVFO_CONFIG a file that only one of them could
// read. Now a program reads its own names, and whoever set an old one that would have counted is told the new one.
TEST_F(configuration, complains_about_the_name_of_earlier_releases_where_it_would_have_counted) {
  variables_ = {{"DVFO_SHARE", "0.75"}, {"DVFO_CONFIG", "/nowhere.toml"}, {"DVFO_COLOUR", "1"}};
  EXPECT_EQ(settle(), "");
  EXPECT_DOUBLE_EQ(share_, 0.5);
  EXPECT_THAT(complaints_,
              ElementsAre(AllOf(HasSubstr("dvfo-test"), HasSubstr("DVFO_CONFIG "), HasSubstr("DVFO_TEST_CONFIG")),
                          AllOf(HasSubstr("DVFO_SHARE "), HasSubstr("--share"), HasSubstr("DVFO_TEST_SHARE"))));
}

TEST_F(configuration, does_not_complain_where_the_new_name_or_the_flag_is_given_too) {
  variables_ = {{"DVFO_SHARE", "0.75"}, {"DVFO_TEST_MAX_BATCH", "4"}, {"DVFO_MAX_BATCH", "8"}};
  EXPECT_EQ(settle({"--share", "1"}), "");
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(configuration, reads_what_is_common_to_all_programs_under_its_common_name) {
  variables_ = {{"DVFO_LOG_LEVEL", "debug"}, {"DVFO_TEST_LOG_LEVEL", "info"}};
  EXPECT_EQ(settle(), "");
  EXPECT_EQ(level_, "debug");
  EXPECT_THAT(complaints_, IsEmpty());
}

TEST_F(configuration, shows_the_variable_of_every_flag) {
  for (const char* name : {"DVFO_TEST_BUNDLE", "DVFO_LOG_LEVEL", "DVFO_TEST_MAX_BATCH", "DVFO_TEST_SHARE",
                           "DVFO_TEST_QUIET", "DVFO_TEST_CONFIG"}) {
    EXPECT_THAT(app_.help(), HasSubstr(std::string("env ") + name + "]"));
  }
}

TEST_F(configuration, names_an_unknown_key_its_line_and_the_nearest_key) {
  write_file("max-batch = 4\n\nshar = 0.5\n");
  EXPECT_THAT(settle(),
              AllOf(HasSubstr(file_.string() + ":3:"), HasSubstr("'shar'"), HasSubstr("did you mean 'share'?")));
}

TEST_F(configuration, lists_the_keys_when_none_is_near) {
  write_file("colour = 1\n");
  EXPECT_THAT(settle(), HasSubstr("the keys are bundle, log-level, max-batch, share, quiet"));
}

TEST_F(configuration, leaves_tables_of_the_programs_own_alone) {
  table_.table("rule");
  write_file("share = 0.25\n[[rule]]\nx = 1\n");
  EXPECT_EQ(settle(), "");
  EXPECT_DOUBLE_EQ(share_, 0.25);
  ASSERT_TRUE(table_.file());
  EXPECT_EQ(table_.file()->name, file_.string());
  EXPECT_EQ(table_.file()->text, "share = 0.25\n[[rule]]\nx = 1\n");
}

TEST_F(configuration, names_the_table_that_an_unknown_key_resembles) {
  table_.table("rule");
  write_file("[[rules]]\nx = 1\n");
  EXPECT_THAT(settle(), AllOf(HasSubstr("unknown key 'rules'"), HasSubstr("'rule'")));
}

TEST_F(configuration, refuses_a_value_of_another_type) {
  write_file("share = \"half\"\n");
  EXPECT_THAT(settle(), AllOf(HasSubstr(":1: key 'share' is"), HasSubstr("half"), HasSubstr("a number from 0 to 1")));
  write_file("max-batch = 2.5\n");
  EXPECT_THAT(settle(), HasSubstr("key 'max-batch' is 2.5; expected a whole number from 1 to 256"));
  write_file("quiet = 1\n");
  EXPECT_THAT(settle(), HasSubstr("expected true or false"));
  write_file("[share]\nvalue = 1\n");
  EXPECT_THAT(settle(), HasSubstr("key 'share' is a table"));
}

TEST_F(configuration, refuses_a_value_out_of_range_wherever_it_stands) {
  write_file("max-batch = 0\n");
  EXPECT_THAT(settle({"--max-batch", "4"}), HasSubstr("key 'max-batch' is 0; expected a whole number from 1 to 256"));
  variables_.clear();
  EXPECT_THAT(settle({"--share", "1.5"}), HasSubstr("--share is '1.5'; expected a number from 0 to 1"));
  app_.clear();
  variables_["DVFO_LOG_LEVEL"] = "loud";
  EXPECT_THAT(settle(), HasSubstr("environment variable DVFO_LOG_LEVEL is 'loud'; expected one of info, debug"));
}

TEST_F(configuration, refuses_numbers_with_a_tail_and_not_a_number) {
  EXPECT_THAT(settle({"--max-batch", "4x"}), HasSubstr("'4x'"));
  EXPECT_THAT(settle({"--share", "nan"}), HasSubstr("'nan'"));
}

TEST_F(configuration, says_where_the_syntax_of_a_file_breaks) {
  write_file("share = 0.5\nmax-batch = = 2\n");
  EXPECT_THAT(settle(), HasSubstr(file_.string() + ":2:"));
}

TEST_F(configuration, names_a_file_that_does_not_exist) {
  EXPECT_THAT(settle({"--config", "/nowhere/x.toml"}), HasSubstr("/nowhere/x.toml"));
}

// A folder read as an empty file: the program ran with its defaults and ended with 0.
TEST_F(configuration, a_folder_is_no_empty_file) {
  const auto folder = file_.parent_path().string();
  EXPECT_THAT(settle({"--config", folder}), HasSubstr("configuration file " + folder + ": is a folder"));
}

TEST_F(configuration, a_byte_order_mark_is_no_syntax) {
  write_file("\xEF\xBB\xBFmax-batch = 4\r\n");
  EXPECT_EQ(settle(), "");
}

TEST_F(configuration, survives_random_bytes_as_a_file) {
  std::string bytes;
  std::uint32_t state = 7;
  for (int i = 0; i < 4096; ++i) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24U);
  }
  write_file(bytes);
  EXPECT_THAT(settle(), HasSubstr(file_.string()));
}

// Options of other types were declared twice, once as 64-bit numbers for the table, and copied by hand.
TEST(settings_table, fills_whole_numbers_of_any_type_and_paths) {
  int count = -3;
  std::uint16_t port = 7070;
  std::size_t size = 9;
  std::optional<int> absent;
  std::optional<int> given;
  std::filesystem::path folder = "here";
  settings_table table([](const std::string&) { return std::optional<std::string>(); });
  table.integer("count", count, {-10, 10}, "N", "h")
      .integer("port", port, {0, 65'535}, "PORT", "h")
      .integer("size", size, {0, 1e18}, "BYTES", "h")
      .integer("absent", absent, {1, 5}, "N", "as the data are")
      .integer("given", given, {1, 5}, "N", "as the data are")
      .text("folder", folder, "DIR", "h");
  CLI::App app("test", "prog");
  table.attach(app);
  const auto help = app.help();
  EXPECT_THAT(help, AllOf(HasSubstr("default -3"), HasSubstr("default 7070"), HasSubstr("default here")));
  EXPECT_THAT(help, HasSubstr("as the data are [1 to 5"));
  app.parse("--count=-7 --port=65535 --size=1000000000000000000 --given=2 --folder=/tmp");
  table.settle();
  EXPECT_EQ(count, -7);
  EXPECT_EQ(port, 65'535);
  EXPECT_EQ(size, 1'000'000'000'000'000'000U);
  EXPECT_EQ(absent, std::nullopt);
  EXPECT_EQ(given, 2);
  EXPECT_EQ(folder, "/tmp");
}

TEST(settings_table, has_no_range_that_a_numbers_type_cannot_hold) {
  std::uint8_t small = 0;
  std::size_t size = 0;
  settings_table table;
  EXPECT_THROW(table.integer("small", small, {0, 256}, "N", "h"), std::logic_error);
  EXPECT_THROW(table.integer("size", size, {-1, 256}, "N", "h"), std::logic_error);
  EXPECT_NO_THROW(table.integer("small", small, {0, 255}, "N", "h"));
}

TEST(nearest_word, finds_a_slip_and_ignores_strangers) {
  EXPECT_EQ(nearest_word("shaer", {"share", "bundle"}), "share");
  EXPECT_EQ(nearest_word("max_batch", {"max-batch", "max-batch-delay-ms"}), "max-batch");
  EXPECT_EQ(nearest_word("colour", {"share", "bundle"}), std::nullopt);
}

}  // namespace
}  // namespace dvfo::configuration
