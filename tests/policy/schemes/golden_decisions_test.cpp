// The shipped policy's decisions on a seeded link, recorded as text: a change of physics, features, grid or network
// that moves a decision shows here before it shows in an evaluation. Where the change is meant, put what the test
// printed into the file it names.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "policy/environment/world.hpp"
#include "policy/schemes/dvfo_scheme.hpp"
#include "policy/training/training_scenario.hpp"

namespace dvfo::policy {
namespace {

std::string line_of(const training_scenario& which, int task, double eta, const situation& seen,
                    const decision& chosen) {
  std::array<char, 200> text{};
  std::snprintf(text.data(), text.size(), "%s %s task %d eta %.2f at %.2f Mbit/s: %.0f %.0f %.0f MHz share %.2f\n",
                which.board.c_str(), which.network.c_str(), task, eta, seen.bandwidth_bps.value_or(0.0) / 1e6,
                *chosen.clocks.cpu_hz / 1e6, *chosen.clocks.gpu_hz / 1e6, *chosen.clocks.memory_hz / 1e6, chosen.share);
  return text.data();
}

std::string decisions_of(const policy_bundle& bundle) {
  const scenario_set scenarios({"jetson-nano", "jetson-xavier-nx"}, published_models({"resnet18", "vit-b16"}),
                               bundle.sizes);
  std::string out;
  for (const auto& which : scenarios.all()) {
    const auto link = link::trace::markov(7, 5e5, 5e7, 2.0, 600.0);
    for (const double eta : {0.0, 0.5, 1.0}) {
      world here(*which.physics, link,
                 {.rtt_seconds = 0.004, .eta = eta, .when = {.mean_seconds = 1.5}, .seed = 3, .probe_seconds = 30.0});
      dvfo_scheme scheme(bundle,
                         {.board = which.board,
                          .network = which.network,
                          .physics = which.physics,
                          .max_power_watts = which.max_power_watts},
                         [](const std::string& what) { ADD_FAILURE() << what; });
      here.next_arrival();
      auto seen = here.sense();
      for (int task = 0; task < 8; ++task) {
        const auto chosen = scheme.decide(seen);
        out += line_of(which, task, eta, seen, chosen);
        here.run(chosen, &seen);
        here.next_arrival();
      }
    }
  }
  return out;
}

TEST(golden_decisions, are_those_on_record) {
  const std::string file = DVFO_GOLDEN_DECISIONS;
  std::ifstream in(file);
  const std::string recorded{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto found = decisions_of(load_policy(DVFO_POLICY));
  EXPECT_EQ(found, recorded) << "recorded in " << file;
}

}  // namespace
}  // namespace dvfo::policy
