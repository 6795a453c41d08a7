#pragma once

#include <cstddef>
#include <vector>

namespace dvfo::policy {

/// Weights at numbered places, of which one is found by its share of the sum: O(log n) to set and to find (Schaul et
/// al. 2016, prioritised replay). Not thread-safe.
class sum_tree {
 public:
  /// All weights 0. Throws std::invalid_argument for no places.
  explicit sum_tree(std::size_t places);

  [[nodiscard]] std::size_t places() const { return places_; }
  [[nodiscard]] double total() const { return nodes_[1]; }
  [[nodiscard]] double operator[](std::size_t place) const { return nodes_[leaves_ + place]; }

  /// `weight` finite and at least 0, else std::invalid_argument.
  void set(std::size_t place, double weight);

  /// The place whose stretch of the sum contains `mass`, 0 ≤ mass < total(). What lies outside gets the nearest place
  /// that has a weight. `total()` must not be 0.
  [[nodiscard]] std::size_t find(double mass) const;

 private:
  std::size_t places_;
  std::size_t leaves_;         // index of place 0 among the nodes; a power of two
  std::vector<double> nodes_;  // node i has the children 2i and 2i + 1; 1 is the root
};

}  // namespace dvfo::policy
