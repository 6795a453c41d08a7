#pragma once

#include <cstddef>
#include <vector>

#include "device/simulated/physics.hpp"
#include "policy/environment/task_model.hpp"

namespace dvfo::policy {

/// A link at one instant.
struct link_conditions {
  double bandwidth_bps = 0.0;  ///< > 0
  double rtt_seconds = 0.0;
};

/// A task's time and energy as the physics has them.
struct prediction {
  double tti_seconds = 0.0;  ///< halves in parallel (DVFO §5.3)
  double eti_joules = 0.0;   ///< waiting and radio included
  double front_seconds = 0.0;
  double local_seconds = 0.0;
  double remote_seconds = 0.0;  ///< sending, round trip, cloud
};

/// One model on one board: every cost in advance, so that a prediction is a few hundred nanoseconds and allocates
/// nothing. Immutable, thread-safe; `board` must outlive it.
class task_physics {
 public:
  task_physics(const device::simulated::physics& board, task_model model);

  [[nodiscard]] const device::simulated::physics& board() const { return *board_; }
  [[nodiscard]] const task_model& model() const { return model_; }

  /// The way whose share is nearest.
  [[nodiscard]] std::size_t way_of(double share) const;

  [[nodiscard]] const device::simulated::work_cost& front() const { return front_; }
  [[nodiscard]] const device::simulated::work_cost& local(std::size_t way) const { return local_[way]; }

  /// The whole task at clocks that do not change.
  [[nodiscard]] prediction predict(const device::simulated::operating_clocks& at, double celsius, std::size_t way,
                                   const link_conditions& link) const noexcept;

 private:
  const device::simulated::physics* board_;
  task_model model_;
  device::simulated::work_cost front_;
  std::vector<device::simulated::work_cost> local_;
};

}  // namespace dvfo::policy
