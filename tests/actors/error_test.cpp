#include "actors/error.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/actors/actor_test.hpp"

namespace dvfo::actors {
namespace {

TEST(error, every_code_has_its_own_name) {
  std::set<std::string> names;
  for (const auto code :
       {ec::ok, ec::busy, ec::deadline, ec::stopping, ec::bad_task, ec::inference, ec::cloud, ec::internal}) {
    names.insert(to_string(code));
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(error, keeps_code_and_text) {
  const auto failure = make_failure(ec::busy, "edge-1 is busy");
  EXPECT_EQ(code_of(failure), ec::busy);
  EXPECT_EQ(text_of(failure), "edge-1 is busy");
}

TEST(error, a_foreign_error_is_internal_and_still_has_a_text) {
  const caf::error failure = caf::sec::unexpected_message;
  EXPECT_EQ(code_of(failure), ec::internal);
  EXPECT_NE(text_of(failure), "");
}

TEST(error, no_error_is_ok) {
  EXPECT_EQ(code_of(caf::error{}), ec::ok);
  EXPECT_EQ(text_of(caf::error{}), "none");
}

class rendered_error_test : public actor_test {};

TEST_F(rendered_error_test, shows_name_and_text) {
  EXPECT_EQ(system_.render(make_failure(ec::deadline, "too late")), "dvfo.deadline: too late");
  EXPECT_EQ(system_.render(caf::error(ec::busy)), "dvfo.busy");
}

}  // namespace
}  // namespace dvfo::actors
