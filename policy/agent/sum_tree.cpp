#include "policy/agent/sum_tree.hpp"

#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>

namespace dvfo::policy {

sum_tree::sum_tree(std::size_t places) : places_(places), leaves_(std::bit_ceil(places)), nodes_(2 * leaves_, 0.0) {
  if (places == 0) throw std::invalid_argument("a sum tree needs at least one place");
}

void sum_tree::set(std::size_t place, double weight) {
  if (place >= places_ || !(weight >= 0.0) || !std::isfinite(weight)) {
    throw std::invalid_argument("weight " + std::to_string(weight) + " at place " + std::to_string(place) + " of " +
                                std::to_string(places_) +
                                ", expected a finite weight of at least 0 at a place there is");
  }
  std::size_t node = leaves_ + place;
  nodes_[node] = weight;
  // Sums are made anew instead of moved by the difference: rounding would add up over millions of calls.
  for (node /= 2; node > 0; node /= 2) nodes_[node] = nodes_[2 * node] + nodes_[2 * node + 1];
}

std::size_t sum_tree::find(double mass) const {
  std::size_t node = 1;
  while (node < leaves_) {
    node *= 2;
    // The right side has no weight where rounding has left a mass that no place owns.
    if (mass < nodes_[node] || !(nodes_[node + 1] > 0.0)) continue;
    mass -= nodes_[node];
    ++node;
  }
  return node - leaves_;
}

}  // namespace dvfo::policy
