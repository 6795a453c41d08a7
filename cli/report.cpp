#include "cli/report.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"
#include "configuration/settings.hpp"

namespace dvfo::cli {

void show_progress(std::size_t done, std::size_t all) {
  if (!stderr_is_terminal() || all == 0) return;
  fmt::print(stderr, "\r{} {} of {} images{}", progress_bar(static_cast<double>(done) / static_cast<double>(all)), done,
             all, done == all ? "\n" : "");
}

void publish(const std::string& text, const nlohmann::json& json, const std::string& where) {
  if (where == "-") {
    fmt::print("{}\n", json.dump(2));
    return;
  }
  fmt::print("{}", text);
  if (where.empty()) return;
  std::ofstream out(where, std::ios::trunc);
  out << json.dump(2) << '\n';
  out.flush();
  if (!out) {
    throw configuration::usage_error(
        fmt::format("--json {}: the file cannot be written; name a file in an existing folder", where));
  }
}

}  // namespace dvfo::cli
