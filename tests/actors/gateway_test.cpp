#include "actors/gateway.hpp"

#include <limits>

#include "tests/actors/actor_test.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/mocks.hpp"

namespace dvfo::actors {
namespace {

using ::testing::HasSubstr;

caf::behavior mock_pipeline(caf::event_based_actor* self, std::shared_ptr<run_desk> runs) {
  return mock_behavior(self, onto<run_atom>(self, runs));
}

class gateway_test : public actor_test {
 protected:
  gateway_test() { run(); }

  auto send(infer_task task) { return ask<answer>(gateway_, infer_atom{}, task); }
  static infer_task task() { return {.input = fake_input(), .budget_seconds = 0.1, .eta = 0.5, .lambda = {}}; }
  void answer_next(const std::shared_ptr<run_desk>& runs) {
    auto item = runs->take();
    item.deliver(answer{.task_id = item.request.id, .logits = {1.0F}, .outcome = {}});
    run();
  }

  std::shared_ptr<run_desk> runs_ = std::make_shared<run_desk>("pipeline");
  pipeline_actor pipeline_ = owned(caf::actor_cast<pipeline_actor>(system_.spawn(mock_pipeline, runs_)));
  gateway_actor gateway_ = owned(spawn_gateway(system_, pipeline_, {.max_admitted = 2}));
};

TEST_F(gateway_test, hands_a_task_on_with_id_and_deadline) {
  const auto reply = send(task());
  auto item = runs_->take();
  EXPECT_EQ(item.request.id, 1U);
  EXPECT_NEAR(seconds_between(item.request.admitted, item.request.deadline), 0.1, 1e-6);
  EXPECT_TRUE(reply->is_open());
  item.deliver(answer{.task_id = 1, .logits = {2.0F}, .outcome = {}});
  run();
  ASSERT_TRUE(reply->value);
  EXPECT_EQ(reply->value->logits, std::vector<float>{2.0F});
  EXPECT_EQ(reply->count, 1);
}

TEST_F(gateway_test, refuses_beyond_its_places_and_frees_them_with_answers) {
  const auto first = send(task());
  const auto second = send(task());
  const auto third = send(task());
  EXPECT_EQ(code_of(third->error), ec::busy);
  EXPECT_THAT(text_of(third->error), HasSubstr("all 2 places"));
  answer_next(runs_);
  const auto fourth = send(task());
  EXPECT_TRUE(fourth->is_open());
  answer_next(runs_);
  answer_next(runs_);
  EXPECT_EQ(first->count + second->count + third->count + fourth->count, 4);
}

TEST_F(gateway_test, answers_deadline_when_the_pipeline_is_silent_and_drops_its_late_answer) {
  const auto reply = send(task());
  advance(99ms);
  EXPECT_TRUE(reply->is_open());
  advance(2ms);
  EXPECT_EQ(code_of(reply->error), ec::deadline);
  answer_next(runs_);
  EXPECT_EQ(reply->count, 1);
}

TEST_F(gateway_test, passes_the_pipelines_error_on) {
  const auto reply = send(task());
  runs_->take().deliver(make_failure(ec::inference, "no such layer"));
  run();
  EXPECT_EQ(code_of(reply->error), ec::inference);
  EXPECT_EQ(text_of(reply->error), "no such layer");
}

TEST_F(gateway_test, refuses_faulty_tasks_with_the_field) {
  auto no_input = task();
  no_input.input = nullptr;
  EXPECT_EQ(code_of(send(no_input)->error), ec::bad_task);
  for (const double budget : {0.0, -1.0, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    auto bad = task();
    bad.budget_seconds = budget;
    EXPECT_THAT(text_of(send(bad)->error), HasSubstr("budget_seconds"));
  }
  auto eta = task();
  eta.eta = 1.5;
  EXPECT_THAT(text_of(send(eta)->error), HasSubstr("eta"));
  auto lambda = task();
  lambda.lambda = -0.5;
  EXPECT_THAT(text_of(send(lambda)->error), HasSubstr("lambda"));
}

TEST_F(gateway_test, drains_what_is_in_flight_and_takes_nothing_new) {
  const auto running = send(task());
  const auto drained = ask<caf::ok_atom>(gateway_, drain_atom{});
  EXPECT_TRUE(drained->is_open());
  EXPECT_EQ(code_of(send(task())->error), ec::stopping);
  answer_next(runs_);
  EXPECT_TRUE(running->value);
  EXPECT_EQ(drained->count, 1);
  EXPECT_EQ(ask<caf::ok_atom>(gateway_, drain_atom{})->count, 1);
}

TEST_F(gateway_test, survives_a_strangers_message) {
  tell(caf::actor_cast<caf::actor>(gateway_), std::string("hello?"));
  const auto reply = send(task());
  answer_next(runs_);
  EXPECT_TRUE(reply->value);
}

TEST_F(gateway_test, says_stopping_when_the_pipeline_is_gone) {
  caf::anon_send_exit(pipeline_, caf::exit_reason::kill);
  run();
  EXPECT_EQ(code_of(send(task())->error), ec::stopping);
}

}  // namespace
}  // namespace dvfo::actors
