#include "cli/terminal/report.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "configuration/settings.hpp"

namespace dvfo::cli {

void publish(const std::string& text, const nlohmann::json& json, const std::string& where) {
  if (where == "-") {
    fmt::print("{}\n", json.dump(2));
    return;
  }
  fmt::print("{}", text);
  save("json", where, [&] { return json.dump(2) + '\n'; });
}

void save(const std::string& flag, const std::string& where, const std::function<std::string()>& text) {
  if (where.empty()) return;
  std::ofstream out(where, std::ios::trunc);
  out << text();
  out.flush();
  if (!out) {
    throw configuration::usage_error(
        fmt::format("--{} {}: the file cannot be written; name a file in an existing folder", flag, where));
  }
}

}  // namespace dvfo::cli
