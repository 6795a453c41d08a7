#include "actors/fusion.hpp"

#include "tests/actors/actor_test.hpp"

namespace dvfo::actors {
namespace {

class fusion_test : public actor_test {
 protected:
  auto fuse(const fusion_job& job) { return ask<fusion_result>(fusion_, fuse_atom{}, job); }

  fusion_actor fusion_ = owned(spawn_fusion(system_, [](double share) { return 1.0 - share; }));
};

TEST_F(fusion_test, weighs_with_the_bundles_lambda_of_the_share) {
  const auto reply = fuse({.local = {4.0F, 0.0F}, .remote = {0.0F, 4.0F}, .share = 0.25, .lambda = {}});
  EXPECT_EQ(reply->value->logits, (std::vector<float>{3.0F, 1.0F}));
}

TEST_F(fusion_test, the_tasks_own_lambda_goes_first) {
  const auto reply = fuse({.local = {4.0F, 0.0F}, .remote = {0.0F, 4.0F}, .share = 0.25, .lambda = 0.5});
  EXPECT_EQ(reply->value->logits, (std::vector<float>{2.0F, 2.0F}));
}

TEST_F(fusion_test, halves_of_different_size_are_an_error_reply) {
  EXPECT_EQ(code_of(fuse({.local = {1.0F}, .remote = {1.0F, 2.0F}, .share = 0.5, .lambda = {}})->error), ec::inference);
}

}  // namespace
}  // namespace dvfo::actors
