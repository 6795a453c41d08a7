#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace dvfo::link::faults {

/// Time since the proxies began to run: a steady clock's in the engine, any in tests. Nothing of a fault reads a clock.
using instant = std::chrono::nanoseconds;

/// A piece of what one end of a connection says to the other, and when it is at the place that is spoken of.
struct chunk {
  enum class kind {
    data,
    end,    ///< the sender says no more; the other way stays open
    close,  ///< the connection is closed both ways, in order
    reset,  ///< the connection is broken both ways, and what has not arrived yet is lost
  };
  instant at{};
  kind what = kind::data;
  std::vector<char> bytes = {};  ///< of data alone
};

/// What a chunk costs in memory beside its bytes: itself, and the heap's own bookkeeping and rounding.
inline constexpr std::size_t cost_of_a_chunk = sizeof(chunk) + 32;

/// What a chunk costs in memory, so that a bound on many tiny ones holds, too.
inline std::size_t cost_of(const chunk& piece) { return cost_of_a_chunk + piece.bytes.size(); }

}  // namespace dvfo::link::faults
