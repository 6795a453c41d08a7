#include "inference/architectures/architecture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "inference/error.hpp"

namespace dvfo::inference {

std::vector<std::string> architecture_names() { return {"resnet18"}; }

architecture make_architecture(const std::string& name, const architecture_options& options) {
  if (name == "resnet18") return make_resnet18(options);
  throw error(errc::bad_argument,
              fmt::format("unknown architecture \"{}\"; known: {}", name, fmt::join(architecture_names(), ", ")));
}

}  // namespace dvfo::inference
