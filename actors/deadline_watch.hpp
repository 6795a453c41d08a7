#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/types.hpp"

namespace dvfo::actors {

/// Which of an actor's entries are over when, for one timer instead of one an entry: setting and cancelling a timer
/// wakes CAF's clock thread each time. The owner is told when to look, and only if no look that it was told of before
/// comes early enough: a stream of tasks of a second each has it look once a second. Plain bookkeeping, no clock.
class deadline_watch {
 public:
  /// The entry is over at `due`, instead of when it was before. Returns when to look, unless a look comes by then.
  [[nodiscard]] std::optional<time_point> set(std::uint64_t key, time_point due);

  /// The entry has ended by itself. Nothing happens for one that is not there.
  void erase(std::uint64_t key);

  struct look {
    std::vector<std::uint64_t> over;  ///< oldest first; they are erased
    std::optional<time_point> next;   ///< when to look again, as set() says it
  };
  /// To be called once for every look that was asked for.
  [[nodiscard]] look look_at(time_point now);

  [[nodiscard]] std::size_t size() const { return dues_.size(); }

 private:
  /// `due`, if no look comes by then: it is noted as one.
  std::optional<time_point> ask_for(time_point due);

  std::unordered_map<std::uint64_t, time_point> dues_;
  std::set<std::pair<time_point, std::uint64_t>> order_;
  std::multiset<time_point> looks_;  ///< asked for and still to come
};

}  // namespace dvfo::actors
