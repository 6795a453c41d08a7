#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "policy/schemes/oracle.hpp"

namespace dvfo::policy {

/// Tasks behind the one that is decided for: what its time costs them.
struct queue_behind {
  const std::deque<double>* arrivals = nullptr;  ///< ascending; nullptr: nobody waits
  double service_seconds = 0.0;                  ///< what each of them will take

  /// Seconds that they wait in all when the board is free at `free_seconds`: Lindley's recursion.
  [[nodiscard]] double waiting_seconds(double free_seconds) const;
};

/// search(), with every time and energy computed once: a link, a temperature or a weight later, it takes tens of
/// microseconds instead of milliseconds, and allocates nothing. Power is linear in the one factor through which the
/// temperature enters it, so nothing is lost (physics::watts). Immutable, thread-safe; `physics` must outlive it.
class exhaustive_search {
 public:
  enum class over : std::uint8_t {
    features,    ///< DVFO's decisions: clocks and share of the features
    everything,  ///< and what its rivals send: the input, compressed or not
  };
  explicit exhaustive_search(const task_physics& physics, over what = over::features);

  /// The least of η · ETI + (1 − η) · MaxPower · (TTI + what `queue` waits more than if it found the board free).
  /// `now`: when the task begins, in the time of the queue's arrivals.
  [[nodiscard]] best_decision best(const link_conditions& link, double eta, double max_power_watts, double celsius,
                                   const queue_behind& queue = {}, double now = 0.0) const;

 private:
  /// a + b · heat
  struct heated {
    double a = 0.0;
    double b = 0.0;
  };
  struct busy_part {
    double front_seconds = 0.0;
    double local_seconds = 0.0;
    heated joules;
  };

  const task_physics* physics_;
  std::vector<std::size_t> ways_;
  std::vector<device::simulated::operating_clocks> clocks_;
  std::vector<heated> idle_watts_;  // by clocks
  std::vector<busy_part> work_;     // by clocks and way
};

}  // namespace dvfo::policy
