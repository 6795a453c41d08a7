#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "actors/task_run.hpp"
#include "edge_node/stream.hpp"
#include "inference/error.hpp"
#include "inference/tasks/task.hpp"

// Another kind of task needs nothing above inference/: the sources that this program compiles are the real ones, but
// kinds.hpp also lists sounds and transcripts, and this node writes down what it hears.
namespace dvfo::edge_node {

struct edge_node::impl {};
edge_node::edge_node(const settings&) : impl_(std::make_unique<impl>()) {}
edge_node::~edge_node() = default;

void edge_node::submit(std::shared_ptr<const inference::any_input> asked, callback done, const task_override&) {
  answer result;
  result.prediction = tests::transcript{.words = std::get<tests::sound>(*asked).samples, .confidence = 0.5};
  done(std::move(result));
}

namespace {

using testing::HasSubstr;
using tests::sound;
using tests::spoken;
using tests::transcript;

/// "three" is heard in both, and said in the first alone.
class sounds final : public task_source {
 public:
  [[nodiscard]] std::size_t size() const override { return 2; }
  [[nodiscard]] std::string name(std::size_t index) const override { return "sounds/" + std::to_string(index); }
  [[nodiscard]] task_input at(std::size_t index) const override {
    return {name(index), spoken{index == 0 ? "three" : "tree"},
            std::make_shared<const inference::any_input>(sound{"three"})};
  }
};

std::vector<task_report> heard(summary& totals) {
  edge_node node{settings{}};
  std::vector<task_report> out;
  const std::atomic<bool> never = false;
  totals = stream(
      node, sounds(), {}, [&](const task_report& each) { out.push_back(each); }, never);
  return out;
}

TEST(second_kind, is_streamed_told_and_counted) {
  summary totals;
  const auto reports = heard(totals);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_THAT(to_line(reports[0]), HasSubstr(R"("spoken":"three")"));
  EXPECT_THAT(to_line(reports[0]), HasSubstr(R"("transcript":"three")"));
  EXPECT_THAT(to_line(reports[0]), HasSubstr(R"("correct":true)"));
  EXPECT_THAT(to_line(reports[1]), HasSubstr(R"("correct":false)"));
  EXPECT_THAT(to_text(reports[0]), HasSubstr("sounds/0: \"three\"\n"));
  EXPECT_THAT(to_text(totals), HasSubstr("50.00 % of 2 correct"));
}

TEST(second_kind, is_read_again_as_it_was_written) {
  summary totals;
  for (const auto& report : heard(totals)) EXPECT_EQ(read_report(to_line(report)), report);
  task_report seen{.input = "a.jpg",
                   .truth = inference::class_truth{.label = 1, .name = "square"},
                   .prediction = inference::class_prediction{.predicted = 1, .name = "square", .probability = 0.75}};
  EXPECT_EQ(read_report(to_line(seen)), seen) << "the first kind is still known";
}

TEST(second_kind, is_never_held_against_the_first) {
  const inference::any_prediction said = transcript{.words = "square"};
  EXPECT_THROW(inference::is_correct(said, inference::class_truth{.label = 1, .name = "square"}), inference::error);
}

TEST(second_kind, travels_with_its_task_in_codings_of_its_own) {
  const auto asked = std::make_shared<const inference::any_input>(sound{"three"});
  actors::task_run run({.id = 1,
                        .task = {.input = asked, .budget_seconds = 1.0, .eta = 0.5, .lambda = {}},
                        .admitted = {},
                        .deadline = {}},
                       {.clocks = {}, .share = 1.0, .sends = policy::sending::compressed}, /*is_link_up=*/true);
  const auto job = run.make_offload({});
  EXPECT_EQ(job.input, asked);
  const auto whole = inference::compress_input(*job.input, 32);
  EXPECT_EQ(whole.bytes, "flac:three");
  EXPECT_EQ(actors::coding_of(actors::frame_kind_of(whole.coding)), whole.coding);
  EXPECT_EQ(inference::reduce_input(*job.input, 32, 0.4).bytes, "th");
}

}  // namespace
}  // namespace dvfo::edge_node
