#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "edge_node/report.hpp"

namespace dvfo::cli {

/// What the reports of one run say.
class run_figures {
 public:
  /// Takes one report. Throws std::runtime_error naming the task when it has no answer.
  void add(const edge_node::task_report& report);

  [[nodiscard]] std::size_t tasks() const { return tasks_; }
  [[nodiscard]] std::size_t degraded() const { return degraded_; }
  /// Percent of the labelled tasks.
  [[nodiscard]] double accuracy() const;
  [[nodiscard]] double mean_bytes_up() const;
  [[nodiscard]] double mean_bytes_down() const;
  /// Joules a task, over those that have them; absent where none has.
  [[nodiscard]] std::optional<double> mean_measured_joules() const { return measured_.mean(); }
  [[nodiscard]] std::optional<double> mean_estimated_joules() const { return estimated_.mean(); }
  /// Joules a task: by the board's model where it has one, which leaves out this host's slowness, else measured.
  [[nodiscard]] std::optional<double> mean_joules() const;
  /// Tasks that mean_joules() leaves out, because they have none of the kind that it is a mean of.
  [[nodiscard]] std::size_t tasks_without_joules() const;
  /// Of the feature channels or the input that went to the cloud.
  [[nodiscard]] double mean_share() const;
  [[nodiscard]] double mean_tti() const;
  /// Seconds a task that this host took longer than the board that it simulates.
  [[nodiscard]] double mean_overrun() const;
  /// Seconds that all tasks took on this host.
  [[nodiscard]] double busy_seconds() const { return static_cast<double>(tasks_) * (mean_tti() + mean_overrun()); }
  /// Seconds; `fraction` 0.5 is the median. `stage` indexes edge_node::stage_keys.
  [[nodiscard]] double tti(double fraction) const;
  [[nodiscard]] double overhead(double fraction) const;
  [[nodiscard]] double stage(std::size_t stage, double fraction) const;

  /// Everything as one JSON object.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  /// A figure that some reports may lack.
  struct optional_sum {
    double sum = 0.0;
    std::size_t count = 0;
    void add(const std::optional<double>& joules);
    [[nodiscard]] std::optional<double> mean() const;
  };

  std::size_t tasks_ = 0;
  std::size_t labelled_ = 0;
  std::size_t correct_ = 0;
  std::size_t degraded_ = 0;
  std::uint64_t bytes_up_ = 0;
  std::uint64_t bytes_down_ = 0;
  std::vector<double> tti_;
  std::vector<double> overhead_;
  optional_sum measured_;
  optional_sum estimated_;
  double overrun_ = 0.0;
  double share_ = 0.0;
  std::array<std::vector<double>, edge_node::stage_keys.size()> stages_;
};

}  // namespace dvfo::cli
