#include "cli/commands/run_figures.hpp"

#include <gtest/gtest.h>

namespace dvfo::cli {
namespace {

edge_node::task_report report_with(std::optional<double> measured, std::optional<double> estimated) {
  edge_node::task_report report;
  report.outcome.eti_measured_joules = measured;
  report.outcome.eti_estimated_joules = estimated;
  return report;
}

// One task without an estimate, and the demo showed that scheme's measured joules beside the others' estimated ones.
TEST(run_figures, one_task_without_an_estimate_does_not_change_the_kind_of_energy) {
  run_figures figures;
  figures.add(report_with(0.007, std::nullopt));
  figures.add(report_with(0.007, 0.002));
  figures.add(report_with(0.007, 0.004));
  EXPECT_DOUBLE_EQ(figures.mean_joules().value(), 0.003);
  EXPECT_EQ(figures.tasks_without_joules(), 1U);
  EXPECT_DOUBLE_EQ(figures.mean_measured_joules().value(), 0.007);
}

TEST(run_figures, a_board_without_a_model_has_what_was_measured) {
  run_figures figures;
  figures.add(report_with(0.005, std::nullopt));
  figures.add(report_with(std::nullopt, std::nullopt));
  EXPECT_DOUBLE_EQ(figures.mean_joules().value(), 0.005);
  EXPECT_EQ(figures.tasks_without_joules(), 1U);
}

TEST(run_figures, without_any_energy_there_is_none) {
  run_figures figures;
  figures.add(report_with(std::nullopt, std::nullopt));
  EXPECT_FALSE(figures.mean_joules());
  EXPECT_EQ(figures.tasks_without_joules(), 1U);
}

TEST(run_figures, busy_seconds_are_what_the_host_took) {
  run_figures figures;
  EXPECT_EQ(figures.busy_seconds(), 0.0);
  auto report = report_with(std::nullopt, std::nullopt);
  report.outcome.tti = 0.5;
  report.outcome.overrun_seconds = 0.25;
  figures.add(report);
  figures.add(report);
  EXPECT_DOUBLE_EQ(figures.busy_seconds(), 1.5);
}

}  // namespace
}  // namespace dvfo::cli
