#include "edge_node/live_scheme.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "configuration/paths.hpp"
#include "edge_node/edge_node.hpp"
#include "inference/data/dataset.hpp"
#include "inference/discriminator.hpp"
#include "policy/agent/observation.hpp"
#include "policy/agent/policy_bundle.hpp"
#include "tests/support/temporary_folder.hpp"

// Schemes as the node makes them, on a simulated board and the repository's own procedural bundle.
namespace dvfo::edge_node {
namespace {

using testing::HasSubstr;

settings with_scheme(const std::string& name) {
  settings how;
  how.bundle = "procedural";
  how.scheme = name;
  how.board.board = "sim:jetson-tx2";
  how.learn_tasks = 40;
  how.deadline_ms = 20'000.0;  // a busy machine must not degrade a task here
  return how;
}

std::shared_ptr<const inference::any_input> some_picture() {
  const auto images = inference::open_dataset("procedural", inference::subset::test);
  return std::make_shared<const inference::any_input>(images->at(0).picture);
}

std::string refusal_of(const settings& how) {
  try {
    const edge_node node(how);
  } catch (const configuration::usage_error& problem) {
    return problem.what();
  }
  return {};
}

TEST(live_scheme, every_scheme_of_the_table_answers_a_task) {
  const struct {
    const char* scheme;
    double share;  // as run; negative: the scheme's own business
    policy::sending sends;
  } cases[] = {{"edge-only", 0.0, policy::sending::features},
               {"cloud-only", 1.0, policy::sending::features},
               {"cloud-jpeg", 1.0, policy::sending::compressed},
               {"fixed", 0.5, policy::sending::features},
               {"governor:performance", 0.0, policy::sending::features},
               {"nvpmodel:MAXQ", 0.0, policy::sending::features},
               {"qlearning-dvfs", 0.0, policy::sending::features},
               {"cartad", 0.0, policy::sending::features},
               {"drldo", -1.0, policy::sending::input},
               {"dvfo", -1.0, policy::sending::features}};
  for (const auto& each : cases) {
    edge_node node(with_scheme(each.scheme));
    const auto result = node.submit(some_picture()).get();
    ASSERT_TRUE(result.ok()) << each.scheme << ": " << result.failure;
    EXPECT_EQ(result.outcome.degraded, policy::degraded_reason::none) << each.scheme;
    EXPECT_EQ(result.outcome.decided.sends, each.sends) << each.scheme;
    if (each.share >= 0.0) {
      EXPECT_EQ(result.outcome.share, each.share) << each.scheme;
    }
  }
}

TEST(live_scheme, an_appeal_asks_the_discriminator_of_the_bundle) {
  const auto how = with_scheme("appealnet");
  const auto file = inference::appeal_rule_file(configuration::find_bundle(how.bundle));
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is not shipped";
  edge_node node(how);
  const auto rule = inference::load_appeal_rule(file, node.manifest().id);
  const auto judge = make_appeal_judge(how, node.manifest());
  ASSERT_TRUE(judge);
  const std::vector<float> sure{20.0F, 0.0F, 0.0F};
  EXPECT_EQ(judge(sure), rule.accepts(sure));
  const auto result = node.submit(some_picture()).get();
  ASSERT_TRUE(result.ok()) << result.failure;
  EXPECT_EQ(result.outcome.decided.sends, policy::sending::appeal);
  EXPECT_EQ(result.outcome.share == 1.0, result.outcome.where == policy::ran_on::cloud);
}

TEST(live_scheme, what_cannot_run_live_says_why) {
  EXPECT_THAT(refusal_of(with_scheme("oracle")), HasSubstr("only virtual time shows"));
  EXPECT_THAT(refusal_of(with_scheme("governor:schedutil")), HasSubstr("no kernel"));
  EXPECT_THAT(refusal_of(with_scheme("nvpmodel:10W")), HasSubstr("no scheme is called"));
  EXPECT_THAT(refusal_of(with_scheme("all")), HasSubstr("expected one"));
  EXPECT_THAT(refusal_of(with_scheme("dvfo-blocking")), HasSubstr("--policy"));
  auto how = with_scheme("dvfo");
  how.board.board = "none";
  EXPECT_THAT(refusal_of(how), HasSubstr("name a board by --board"));
}

TEST(live_scheme, options_of_another_scheme_are_refused) {
  auto how = with_scheme("dvfo");
  how.share = 0.5;
  EXPECT_THAT(refusal_of(how), HasSubstr("--share belongs to --scheme fixed"));
  how = with_scheme("edge-only");
  how.board.clocks = "lowest";
  EXPECT_THAT(refusal_of(how), HasSubstr("--clocks belongs to --scheme fixed"));
  how = with_scheme("fixed");
  how.policy = "mine";
  EXPECT_THAT(refusal_of(how), HasSubstr("--policy mine belongs to --scheme dvfo"));
  how = with_scheme("fixed");
  how.share = -0.5;
  EXPECT_THAT(refusal_of(how), HasSubstr("--share is -0.5"));
}

TEST(live_scheme, a_policy_that_cannot_be_used_says_why) {
  auto how = with_scheme("dvfo");
  how.policy = "procedural";  // a model bundle
  try {
    const edge_node node(how);
    FAIL() << "a model bundle was taken for a policy";
  } catch (const std::runtime_error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("manifest.toml"));
  }
}

class scheme_on_a_board : public ::testing::Test {
 protected:
  std::shared_ptr<policy::scheme> make(const std::string& name, const std::string& policy = "") {
    auto how = with_scheme(name);
    how.policy = policy;
    board_ = open_board(board_settings_of(how), bundle_.manifest());
    return make_live_scheme(how, board_.get(), bundle_).scheme;
  }

  /// A policy for this board and model that decides something, though nothing good.
  std::string some_policy() {
    policy::policy_bundle out;
    out.name = "untrained";
    out.sizes = {10, 10, 10, 5};
    out.boards = {"jetson-tx2"};
    out.networks = {bundle_.manifest().name};
    out.recipe = "none";
    const policy::action_space actions(out.sizes, out.form);
    out.network = policy::q_network({.inputs = policy::observer::size(), .outputs = actions.outputs()}, 11);
    policy::save(out, folder_.path() / "policy");
    return (folder_.path() / "policy").string();
  }

  tests::temporary_folder folder_;
  inference::model_bundle bundle_ = inference::model_bundle::load(configuration::find_bundle("procedural"));
  std::unique_ptr<edge_board> board_;
};

TEST_F(scheme_on_a_board, what_a_scheme_leaves_alone_stands_at_the_highest) {
  const auto decided = make("edge-only")->decide({});
  EXPECT_EQ(decided.clocks.cpu_hz, board_->model()->highest().cpu_hz);
  EXPECT_EQ(decided.clocks.gpu_hz, board_->model()->highest().gpu_hz);
  EXPECT_EQ(decided.clocks.memory_hz, board_->model()->highest().memory_hz);
}

// Sensors break: what they then tell must neither end the node nor steer the board.
TEST_F(scheme_on_a_board, nonsense_from_sensors_runs_the_task_on_the_edge_at_the_highest_clocks) {
  const auto scheme = make("dvfo", some_policy());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  policy::situation good;
  good.link_up = true;
  good.bandwidth_bps = 5e6;
  good.rtt_seconds = 0.004;
  auto hot = good;
  hot.celsius = nan;
  auto negative = good;
  negative.bandwidth_bps = -1.0;
  auto greedy = good;
  greedy.eta = 1.5;
  EXPECT_NE(scheme->decide(good).clocks, make("edge-only")->decide(good).clocks) << "a policy of its own";
  for (const auto& now : {hot, negative, greedy}) {
    const auto decided = scheme->decide(now);
    EXPECT_EQ(decided.share, 0.0);
    EXPECT_EQ(decided.clocks.gpu_hz, board_->model()->highest().gpu_hz);
  }
}

TEST(task_override, one_task_may_weigh_energy_otherwise) {
  auto how = with_scheme("edge-only");
  how.eta = 0.25;
  edge_node node(how);
  const auto ask = [&](const task_override& other) {
    std::promise<answer> promise;
    node.submit(
        some_picture(), [&](answer result) { promise.set_value(std::move(result)); }, other);
    return promise.get_future().get();
  };
  EXPECT_EQ(ask({}).eta, 0.25);
  const auto other = ask({.eta = 0.75, .lambda = 0.5});
  EXPECT_TRUE(other.ok()) << other.failure;
  EXPECT_EQ(other.eta, 0.75);
  EXPECT_EQ(other.lambda, 0.5);
  EXPECT_EQ(ask({}).eta, 0.25);
  EXPECT_THAT(ask({.eta = 2.0}).failure, HasSubstr("eta is 2"));
}

}  // namespace
}  // namespace dvfo::edge_node
