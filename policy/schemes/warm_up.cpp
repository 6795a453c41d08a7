#include "policy/schemes/warm_up.hpp"

namespace dvfo::policy {

bool warm_up(scheme& learner, const std::function<void()>& live) {
  if (!learner.learns()) return false;
  learner.explore(true);
  live();
  learner.explore(false);
  return true;
}

bool warm_up(scheme& learner, world& where, std::size_t tasks) {
  return warm_up(learner, [&] {
    for (std::size_t i = 0; i < tasks; ++i) {
      where.next_arrival();
      learner.observe(where.run(learner.decide(where.sense())));
    }
  });
}

}  // namespace dvfo::policy
