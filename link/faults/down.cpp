#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {

const toxic_kind& down() {
  static const toxic_kind kind{
      "down",
      "the proxy refuses connections and closes those it has, as a program that has ended; of a proxy, not of a way",
      {},
      nullptr};
  return kind;
}

}  // namespace dvfo::link::faults
