#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// Classification: which of a bundle's classes an input is of.
namespace dvfo::inference {

/// What is true of an input: its class.
struct class_truth {
  /// As every kind in kinds.hpp has it.
  static constexpr const char* key = "label";

  std::uint32_t label = 0;
  std::string name = {};  ///< of that class

  template <class Side, class Self>
  static void each_field(Side& at, Self& self) {
    at.value("label", self.label);
    at.value("label_name", self.name);
  }
  friend bool operator==(const class_truth&, const class_truth&) = default;
};

/// What a network says of an input: the likeliest class.
struct class_prediction {
  /// As every kind in kinds.hpp has it.
  static constexpr const char* key = "predicted";

  std::size_t predicted = 0;
  std::string name = {};                  ///< of that class
  double probability = 0.0;               ///< likewise
  std::vector<float> probabilities = {};  ///< one a class, sum 1; empty in what was read from a report

  template <class Side, class Self>
  static void each_field(Side& at, Self& self) {
    at.value("predicted", self.predicted);
    at.value("predicted_name", self.name);
    at.value("probability", self.probability);
  }
  [[nodiscard]] bool is_correct(const class_truth& truth) const { return predicted == truth.label; }
  /// "cat (93.1 %)".
  [[nodiscard]] std::string to_text() const;
  friend bool operator==(const class_prediction&, const class_prediction&) = default;
};

/// The class that `logits`, one a class, find likeliest: the first of equals. `labels` name the classes as far as they
/// go. Throws error(bad_argument) for no logits. Thread-safe.
class_prediction classify(std::span<const float> logits, const std::vector<std::string>& labels);

/// The class of this number, by its name. Thread-safe.
class_truth class_of(std::uint32_t label, const std::vector<std::string>& labels);

/// Probabilities of `logits` (softmax, computed in double).
std::vector<float> softmax(std::span<const float> logits);

/// Index of the largest value (the first of equals). `values` must not be empty.
std::size_t argmax(std::span<const float> values);

}  // namespace dvfo::inference
