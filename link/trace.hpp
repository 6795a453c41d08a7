#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace dvfo::link {

/// A link's bandwidth over time: steps that repeat from the start when they are over. Immutable, thread-safe.
class trace {
 public:
  struct step {
    double seconds = 0.0;  ///< when it begins, ascending from 0
    double bps = 0.0;      ///< bits per second from then on, at least 0
  };

  /// `length_seconds`: when the trace begins anew, after the last step's begin. Throws std::invalid_argument for steps
  /// that are not in order, a bandwidth that is negative or not finite, or a trace that never carries a bit.
  trace(std::string name, std::vector<step> steps, double length_seconds);

  /// A link that never changes.
  static trace constant(double bps);

  /// A file of lines "seconds<TAB>megabits per second", as the public bandwidth traces have; blank lines and those that
  /// begin with # say nothing. Its last step lasts as long as the mean of the others. Throws std::runtime_error naming
  /// file and line.
  static trace from_file(const std::filesystem::path& file);

  /// A seeded Markov process of `length_seconds`: at exponentially distributed times (mean `mean_dwell_seconds`) the
  /// bandwidth moves by a random factor, on a logarithmic scale between `low_bps` and `high_bps`.
  static trace markov(std::uint64_t seed, double low_bps, double high_bps, double mean_dwell_seconds,
                      double length_seconds);

  [[nodiscard]] const std::string& name() const { return name_; }

  /// Bandwidth at this instant, `seconds` ≥ 0.
  [[nodiscard]] double bps_at(double seconds) const;

  /// When `bytes` that start at `start_seconds` have been sent.
  [[nodiscard]] double sent_at(double start_seconds, double bytes) const;

 private:
  [[nodiscard]] std::size_t step_at(double within) const;

  std::string name_;
  std::vector<step> steps_;
  double length_seconds_;
  double bits_a_round_ = 0.0;
};

}  // namespace dvfo::link
