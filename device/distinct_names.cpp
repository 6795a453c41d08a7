#include "device/distinct_names.hpp"

#include <fmt/format.h>

#include <map>

namespace dvfo::device {

std::vector<std::string> distinct_names(const std::vector<named_place>& things) {
  std::map<std::string, int> count;
  for (const named_place& one : things) ++count[one.name];
  std::vector<std::string> names;
  names.reserve(things.size());
  for (const named_place& one : things) {
    names.push_back(count[one.name] == 1 ? one.name : fmt::format("{} ({})", one.name, one.place));
  }
  return names;
}

}  // namespace dvfo::device
