#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "inference/tasks/coded_input.hpp"

/// A kind of task that only a test knows: what was said.
namespace dvfo::tests {

/// An input: one letter a value.
struct sound {
  std::string samples;
};

inline inference::coded_input compressed(const sound& heard, int) {
  return {.coding = inference::input_coding{30}, .width = 0, .bytes = "flac:" + heard.samples};
}
inline inference::coded_input reduced(const sound& heard, int, double share) {
  const auto kept = static_cast<std::size_t>(static_cast<double>(heard.samples.size()) * share);
  return {.coding = inference::input_coding{40}, .width = 0, .bytes = heard.samples.substr(0, kept)};
}

struct spoken {
  static constexpr const char* key = "spoken";
  std::string words;

  template <class Side, class Self>
  static void each_field(Side& at, Self& self) {
    at.value("spoken", self.words);
  }
  friend bool operator==(const spoken&, const spoken&) = default;
};

struct transcript {
  static constexpr const char* key = "transcript";
  std::string words;
  double confidence = 0.0;

  template <class Side, class Self>
  static void each_field(Side& at, Self& self) {
    at.value("transcript", self.words);
    at.value("confidence", self.confidence);
  }
  [[nodiscard]] bool is_correct(const spoken& truth) const { return words == truth.words; }
  [[nodiscard]] std::string to_text() const { return "\"" + words + "\""; }
  friend bool operator==(const transcript&, const transcript&) = default;
};

}  // namespace dvfo::tests
