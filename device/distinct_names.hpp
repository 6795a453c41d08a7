#pragma once

#include <string>
#include <vector>

namespace dvfo::device {

/// A thing's name as the kernel gives it, and where it stands, which no other thing of its kind shares.
struct named_place {
  std::string name;
  std::string place;
};

/// The names, with the place in brackets behind each that occurs more than once: two processors have a "core" each,
/// which become "core (0:0)" and "core (1:0)". In the order given.
std::vector<std::string> distinct_names(const std::vector<named_place>& things);

}  // namespace dvfo::device
