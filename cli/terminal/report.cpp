#include "cli/terminal/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "configuration/settings.hpp"
#include "files/error.hpp"
#include "files/standard_streams.hpp"

namespace dvfo::cli {
namespace {

// An object as json.dump(2) writes it.
constexpr files::kind json_file{"a report of figures in JSON",
                                [](std::string_view head) { return head.starts_with("{\n  \""); }};

constexpr files::kind csv_file{"a table of 'dvfo evaluate'", [](std::string_view head) {
                                 return head.starts_with("way,setting,") || head.starts_with("rank,importance,");
                               }};

const files::kind& kind_of(const std::string& flag) {
  return flag == "json" ? json_file : flag == "csv" ? csv_file : plot_file;
}

template <class Action>
void with_usage_errors(const std::string& flag, const Action& action) {
  try {
    action();
  } catch (const files::error& problem) {
    throw configuration::usage_error(fmt::format("--{} {}", flag, problem.what()));
  }
}

}  // namespace

constexpr files::kind plot_file{"a plot of ours in SVG", [](std::string_view head) {
                                  const auto first = head.substr(0, head.find('\n'));
                                  return first.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=") &&
                                         first.ends_with("role=\"img\">");
                                }};

void publish(const std::string& text, const nlohmann::json& json, const std::string& where) {
  if (where == "-") return files::print(json.dump(2) + '\n');
  save("json", where, [&] { return json.dump(2) + '\n'; });  // first: a reader that goes must not cost the file
  files::print(text);
}

void save(const std::string& flag, const std::string& where, const std::function<std::string()>& text) {
  if (where.empty()) return;
  with_usage_errors(flag, [&] { files::write_whole(where, text(), kind_of(flag)); });
}

void check_save(const std::string& flag, const std::string& where) {
  if (where.empty() || (flag == "json" && where == "-")) return;
  with_usage_errors(flag, [&] { files::check_output(where, kind_of(flag)); });
}

}  // namespace dvfo::cli
