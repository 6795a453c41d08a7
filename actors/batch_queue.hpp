#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/types.hpp"

namespace dvfo::actors {

/// One request that waits for a worker.
struct waiting_request {
  std::uint64_t ticket = 0;  ///< whose it is; chosen by the caller
  batch_kind kind;           ///< only equal ones meet in a batch
  std::string frame;
  time_point arrived;
  time_point expires;  ///< nobody waits for it after that
};

struct batch_rules {
  std::size_t max_batch = 1;       ///< ≥ 1
  time_point::duration max_delay;  ///< longest wait for company while a worker is free
  std::size_t max_queue = 1;       ///< requests waiting; more are refused
};

/// The order in which waiting requests meet workers; no actor, no clock.
///
/// Requests of one kind form a group. A group is ripe when it fills a batch or when its oldest request has waited
/// max_delay; among ripe groups the one whose oldest request came first goes first. A request that finds a free worker
/// and nobody waiting is not kept here at all: the caller computes it at once.
class batch_queue {
 public:
  explicit batch_queue(batch_rules rules) : rules_(rules) {}

  [[nodiscard]] bool is_full() const { return size_ >= rules_.max_queue; }
  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Precondition: not full.
  void push(waiting_request request);

  /// Up to max_batch requests of the ripe group that goes first, oldest first; empty if none is ripe.
  [[nodiscard]] std::vector<waiting_request> take_ripe(time_point now);

  /// max_batch requests of the group that goes first of those that fill a batch; empty if none does.
  [[nodiscard]] std::vector<waiting_request> take_full();

  /// Removes what has expired.
  [[nodiscard]] std::vector<waiting_request> take_expired(time_point now);

  /// When the next group ripens by waiting; absent if nothing waits.
  [[nodiscard]] std::optional<time_point> next_ripening() const;

 private:
  using group = std::deque<waiting_request>;
  using groups = std::map<batch_kind, group>;

  /// Up to max_batch requests of the oldest group that is ready.
  template <class F>
  std::vector<waiting_request> take_oldest(F&& is_ready);

  batch_rules rules_;
  groups groups_;  ///< no group is empty
  std::size_t size_ = 0;
};

}  // namespace dvfo::actors
