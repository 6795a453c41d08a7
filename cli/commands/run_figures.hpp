#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace dvfo::cli {

/// Stages of a task in the order in which they happen, as the records name them (edge_node/report.hpp).
inline constexpr std::array<const char*, 8> stage_names = {
    "extract", "local", "encode", "transfer", "remote_queue", "remote_decode", "remote_compute", "fuse"};

/// What the records of one run say, collected from an edge process's JSON lines.
class run_figures {
 public:
  /// Takes one record. Throws std::runtime_error naming the field when it is no record of ours.
  void add(const nlohmann::json& record);

  [[nodiscard]] std::size_t tasks() const { return tasks_; }
  [[nodiscard]] std::size_t degraded() const { return degraded_; }
  /// Percent of the labelled tasks.
  [[nodiscard]] double accuracy() const;
  [[nodiscard]] double mean_bytes_up() const;
  [[nodiscard]] double mean_bytes_down() const;
  /// Joules a task; absent unless every task has them.
  [[nodiscard]] std::optional<double> mean_measured_joules() const { return measured_.mean(tasks_); }
  [[nodiscard]] std::optional<double> mean_estimated_joules() const { return estimated_.mean(tasks_); }
  /// Joules a task: by the board's model where every task has them, which leaves out this host's slowness, else
  /// measured.
  [[nodiscard]] std::optional<double> mean_joules() const;
  /// Of the feature channels or the input that went to the cloud.
  [[nodiscard]] double mean_share() const;
  [[nodiscard]] double mean_tti() const;
  /// Seconds a task that this host took longer than the board that it simulates.
  [[nodiscard]] double mean_overrun() const;
  /// Seconds; `fraction` 0.5 is the median. `stage` indexes stage_names.
  [[nodiscard]] double tti(double fraction) const;
  [[nodiscard]] double overhead(double fraction) const;
  [[nodiscard]] double stage(std::size_t stage, double fraction) const;

  /// Everything as one JSON object.
  [[nodiscard]] nlohmann::json to_json() const;

 private:
  /// A figure that some records may lack.
  struct optional_sum {
    double sum = 0.0;
    std::size_t count = 0;
    void add(const nlohmann::json& record, const char* group, const char* key);
    [[nodiscard]] std::optional<double> mean(std::size_t tasks) const;
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
  std::array<std::vector<double>, stage_names.size()> stages_;
};

}  // namespace dvfo::cli
