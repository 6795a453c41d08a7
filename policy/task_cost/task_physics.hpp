#pragma once

#include <cstddef>
#include <vector>

#include "device/simulated/physics.hpp"
#include "policy/task_cost/task_model.hpp"

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

  /// Ways are numbered: those that send features first, as the model has them, then those that send the input.
  [[nodiscard]] std::size_t way_count() const { return terms_.size(); }
  [[nodiscard]] const share_terms& terms(std::size_t way) const { return terms_[way]; }
  [[nodiscard]] sending sends(std::size_t way) const;

  /// The way that sends features whose share is nearest.
  [[nodiscard]] std::size_t way_of(double share) const;
  /// The way that sends the same whose share is nearest. Throws std::invalid_argument where the model has none.
  [[nodiscard]] std::size_t way_of(const decision& decided) const;

  /// What runs before anything can be sent, and what runs beside it.
  [[nodiscard]] const device::simulated::work_cost& front(std::size_t way = 0) const { return front_[way]; }
  [[nodiscard]] const device::simulated::work_cost& local(std::size_t way) const { return local_[way]; }

  /// The whole task at clocks that do not change.
  [[nodiscard]] prediction predict(const device::simulated::operating_clocks& at, double celsius, std::size_t way,
                                   const link_conditions& link) const noexcept;

 private:
  const device::simulated::physics* board_;
  task_model model_;
  std::vector<share_terms> terms_;
  std::vector<device::simulated::work_cost> front_;
  std::vector<device::simulated::work_cost> local_;
};

}  // namespace dvfo::policy
