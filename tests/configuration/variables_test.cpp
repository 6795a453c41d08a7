#include "configuration/variables.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "configuration/settings.hpp"

namespace dvfo::configuration {
namespace {

/// A variable of this process for one test.
class set_variable {
 public:
  set_variable(std::string name, const std::string& value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~set_variable() { unsetenv(name_.c_str()); }
  set_variable(const set_variable&) = delete;
  set_variable& operator=(const set_variable&) = delete;

 private:
  std::string name_;
};

TEST(variable_name, has_the_name_of_the_program_or_subcommand_before_it) {
  EXPECT_EQ(variable_name("dvfo-edge", "max-batch"), "DVFO_EDGE_MAX_BATCH");
  EXPECT_EQ(variable_name("dvfo-cloud", "max-batch"), "DVFO_CLOUD_MAX_BATCH");
  EXPECT_EQ(variable_name("dvfo top", "interval"), "DVFO_TOP_INTERVAL");
  EXPECT_EQ(variable_name("dvfo evaluate schemes", "interval"), "DVFO_EVALUATE_SCHEMES_INTERVAL");
  EXPECT_EQ(variable_name("dvfo-edge", "config"), "DVFO_EDGE_CONFIG");
}

TEST(variable_name, is_common_where_one_value_serves_all) {
  EXPECT_EQ(variable_name("dvfo train model", "data"), "DVFO_DATA");
  EXPECT_EQ(variable_name("dvfo-edge", "log-level"), "DVFO_LOG_LEVEL");
  for (const auto& each : common_variables) EXPECT_FALSE(std::string(each.reason).empty()) << each.name;
}

// `dvfo train policy --bundles` takes names of bundles, and its variable was the one that names their folder: setting
// the folder made the command look for a bundle of that name.
TEST(variable_name, of_a_setting_never_takes_a_common_variable_of_another_meaning) {
  EXPECT_EQ(variable_name("dvfo train policy", "bundles"), "DVFO_TRAIN_POLICY_BUNDLES");
  EXPECT_EQ(former_variable_name("bundles"), std::nullopt);
  EXPECT_EQ(former_variable_name("data"), std::nullopt);
  EXPECT_EQ(former_variable_name("max-batch"), "DVFO_MAX_BATCH");
}

TEST(variables, of_one_program_are_known_from_common_ones_and_strangers) {
  EXPECT_TRUE(belongs_to_one_program("DVFO_EDGE_SHARE"));
  EXPECT_TRUE(belongs_to_one_program("DVFO_SHARE")) << "an old name would only bring a complaint";
  EXPECT_FALSE(belongs_to_one_program("DVFO_DATA"));
  EXPECT_FALSE(belongs_to_one_program("PATH"));
}

// `DVFO_CONFIG= dvfo-edge` said that the configuration file '' cannot be read: a shell, a service file or a container
// unsets a variable by setting it to nothing.
TEST(variables, that_are_empty_count_as_unset) {
  const set_variable config("DVFO_EMPTY_CONFIG", "");
  const set_variable share("DVFO_EMPTY_SHARE", "");
  const set_variable former("DVFO_SHARE", "");
  std::string complaints;
  double value = 0.5;
  settings_table table(process_environment, [&](const std::string& text) { complaints += text; });
  table.real("share", value, {0.0, 1.0}, "SHARE", "offloaded share");
  CLI::App app{"test", "dvfo-empty"};
  table.attach(app);
  app.parse(std::vector<std::string>{});
  EXPECT_NO_THROW(table.settle());
  EXPECT_DOUBLE_EQ(value, 0.5);
  EXPECT_EQ(complaints, "");
  EXPECT_EQ(process_environment("DVFO_EMPTY_SHARE"), std::nullopt);
  const set_variable full("DVFO_EMPTY_SHARE", "1");
  EXPECT_EQ(process_environment("DVFO_EMPTY_SHARE"), "1");
}

}  // namespace
}  // namespace dvfo::configuration
