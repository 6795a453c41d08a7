#include "link/faults/scenario.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <sstream>
#include <string_view>
#include <utility>

#include "files/error.hpp"
#include "files/reading.hpp"
#include "link/faults/address.hpp"

namespace dvfo::link::faults {
namespace {

/// Times a file can mean: more than thirty years is a slip, and so is less than the proxy can do.
constexpr double most_seconds = 1e9;
constexpr double least_lasting = 1e-3;

std::string shown(const toml::node& node) {
  if (const auto* text = node.as_string()) return fmt::format("'{}'", text->get());
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  std::ostringstream out;
  out << toml::node_view<const toml::node>(node);
  return out.str();
}

/// One table of the file, and how its errors are told.
class reader {
 public:
  reader(std::string file, std::string name, const toml::table& table)
      : file_(std::move(file)), name_(std::move(name)), table_(table) {}

  [[noreturn]] void refuse(const toml::source_region& where, const std::string& why) const {
    throw scenario_error(fmt::format("{}:{}: {}: {}", file_, where.begin.line, name_, why));
  }
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const {
    const auto* node = table_.get(key);
    refuse(node ? node->source() : table_.source(), why);
  }
  [[noreturn]] void refuse_value(std::string_view key, const std::string& expected) const {
    refuse(key, fmt::format("key '{}' is {}; expected {}", key, shown(*table_.get(key)), expected));
  }

  void know(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table_) {
      if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
      refuse(key.source(), fmt::format("unknown key '{}'; the keys are {}", key.str(), fmt::join(keys, ", ")));
    }
  }

  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  void require(std::string_view key, const char* expected) const {
    if (!has(key)) refuse(key, fmt::format("key '{}' is missing; expected {}", key, expected));
  }

  [[nodiscard]] std::string text(std::string_view key, const char* expected) const {
    const auto value = table_[key].value_exact<std::string>();
    if (!value || value->empty()) refuse_value(key, expected);
    return *value;
  }

  [[nodiscard]] double number(std::string_view key, double lowest, double highest, const char* what) const {
    const auto* node = table_.get(key);
    const auto value = node->is_number() ? node->value<double>() : std::nullopt;
    if (!value || !(*value >= lowest && *value <= highest)) {
      refuse_value(key, fmt::format("{} from {} to {}", what, lowest, highest));
    }
    return *value;
  }

  [[nodiscard]] instant seconds(std::string_view key, double lowest) const {
    return duration_of<std::ratio<1>>(number(key, lowest, most_seconds, "seconds"));
  }

  [[nodiscard]] const toml::node* get(std::string_view key) const { return table_.get(key); }

 private:
  std::string file_;
  std::string name_;
  const toml::table& table_;
};

proxy_settings proxy_of(const reader& table, const std::vector<proxy_settings>& before) {
  table.know({"name", "listen", "upstream"});
  table.require("name", "a name of its own");
  table.require("listen", "where it listens, e.g. \"127.0.0.1:7171\"");
  table.require("upstream", "the server behind it, e.g. \"127.0.0.1:7070\"");
  proxy_settings out;
  out.name = table.text("name", "a name of its own");
  const auto has_it = [&](const auto& each) { return each.name == out.name; };
  if (std::any_of(before.begin(), before.end(), has_it)) table.refuse_value("name", "a name that no other proxy has");
  const auto address = [&](std::string_view key, auto split) {
    auto value = table.text(key, "an address");
    try {
      split(value);
    } catch (const std::invalid_argument& problem) {
      table.refuse(key, fmt::format("key '{}': {}", key, problem.what()));
    }
    return value;
  };
  out.listen = address("listen", split_listen_address);
  out.upstream = address("upstream", split_address);
  return out;
}

std::vector<stream> ways_of(const reader& table) {
  if (!table.has("stream")) return {stream::downstream};
  const auto word = table.text("stream", "upstream, downstream or both");
  if (word == "both") return {both_streams.begin(), both_streams.end()};
  for (const auto way : both_streams) {
    if (word == to_string(way)) return {way};
  }
  table.refuse_value("stream", "upstream, downstream or both");
}

bool is_file(const std::string& type, std::string_view attribute) {
  const auto* kind = find_kind(type);
  return kind && std::any_of(kind->attributes.begin(), kind->attributes.end(), [&](const auto& each) {
           return each.name == attribute && std::holds_alternative<std::string>(each.otherwise);
         });
}

/// `folder`: where files are that attributes name.
attribute_values attributes_of(const reader& table, const std::string& type, const std::filesystem::path& folder) {
  attribute_values out;
  if (!table.has("attributes")) return out;
  const auto* given = table.get("attributes")->as_table();
  if (!given) table.refuse_value("attributes", "a table, e.g. { latency = 100 }");
  for (const auto& [key, node] : *given) {
    if (node.is_number()) {
      out[std::string(key.str())] = *node.value<double>();
    } else if (const auto value = node.value_exact<std::string>()) {
      out[std::string(key.str())] = is_file(type, key.str()) ? (folder / *value).string() : *value;
    } else {
      table.refuse(node.source(),
                   fmt::format("attribute '{}' is {}; expected a number or a file", key.str(), shown(node)));
    }
  }
  return out;
}

prepared_toxic toxic_of(const reader& table, std::size_t number, const std::filesystem::path& folder) {
  toxic_settings given;
  given.type = table.text("type", "a type of `dvfo-faults --list-toxics`");
  given.name = fmt::format("event{}_{}", number, given.type);
  if (table.has("toxicity")) given.toxicity = table.number("toxicity", 0.0, 1.0, "a number");
  given.attributes = attributes_of(table, given.type, folder);
  try {
    return prepare(std::move(given));
  } catch (const settings_error& problem) {
    const auto* inside = table.get("attributes") ? table.get("attributes")->as_table() : nullptr;
    const auto* named = inside ? inside->get(problem.key()) : nullptr;
    if (named) table.refuse(named->source(), problem.what());
    table.refuse(problem.key(), problem.what());
  }
}

void read_repetition(const reader& table, event& out) {
  if (!table.has("every")) {
    if (table.has("times")) table.refuse("times", "key 'times' needs 'every', the seconds from one begin to the next");
    return;
  }
  if (!out.lasting) table.refuse("every", "key 'every' needs 'for', how long it lasts each time");
  out.every = table.seconds("every", least_lasting);
  if (*out.every <= *out.lasting)
    table.refuse_value("every", "more than 'for', so that it is over before it comes again");
  if (!table.has("times")) return;
  const double times = table.number("times", 1.0, 1e9, "a whole number");
  out.times = static_cast<std::uint64_t>(times);
  if (static_cast<double>(out.times) != times) table.refuse_value("times", "a whole number");
}

event event_of(const reader& table, std::size_t number, const std::vector<proxy_settings>& proxies,
               const std::filesystem::path& folder) {
  table.know({"at", "for", "every", "times", "proxy", "stream", "type", "toxicity", "attributes"});
  table.require("at", "seconds from the beginning");
  table.require("proxy", "the name of a [[proxy]]");
  table.require("type", "a type of `dvfo-faults --list-toxics`");
  event out;
  out.at = table.seconds("at", 0.0);
  if (table.has("for")) out.lasting = table.seconds("for", least_lasting);
  read_repetition(table, out);
  out.proxy = table.text("proxy", "the name of a [[proxy]]");
  std::vector<std::string> names;
  names.reserve(proxies.size());
  for (const auto& each : proxies) names.push_back(each.name);
  if (std::find(names.begin(), names.end(), out.proxy) == names.end()) {
    table.refuse_value(
        "proxy", names.empty() ? "a [[proxy]], and there is none" : fmt::format("one of {}", fmt::join(names, ", ")));
  }
  out.toxic = toxic_of(table, number, folder);
  if (out.toxic.make) {
    out.ways = ways_of(table);
  } else {
    for (const auto* key : {"stream", "toxicity"}) {
      if (table.has(key))
        table.refuse(key, fmt::format("key '{}' does not go with down, which is of the whole proxy", key));
    }
  }
  return out;
}

/// Calls `read` with each table of the array [[key]].
template <class Read>
void each_table(const std::string& file, const toml::table& root, const char* key, const Read& read) {
  const auto* node = root.get(key);
  if (!node) return;
  const auto* tables = node->as_array();
  if (!tables || !std::all_of(tables->begin(), tables->end(), [](const auto& each) { return each.is_table(); })) {
    throw scenario_error(
        fmt::format("{}:{}: {} is no array of tables; expected [[{}]]", file, node->source().begin.line, key, key));
  }
  for (std::size_t i = 0; i < tables->size(); ++i) {
    read(reader(file, fmt::format("[[{}]] {}", key, i + 1), *tables->get(i)->as_table()), i + 1);
  }
}

}  // namespace

scenario read_scenario(const std::filesystem::path& file) {
  try {
    return parse_scenario(files::read_text(file), file);
  } catch (const files::error& problem) {
    throw scenario_error(problem.what());
  }
}

scenario parse_scenario(const std::string& text, const std::filesystem::path& file) {
  toml::table root;
  try {
    root = toml::parse(text, file.string());
  } catch (const toml::parse_error& problem) {
    throw scenario_error(fmt::format("{}:{}: {}", file.string(), problem.source().begin.line, problem.description()));
  }
  scenario out;
  each_table(file.string(), root, "proxy",
             [&](const reader& table, std::size_t) { out.proxies.push_back(proxy_of(table, out.proxies)); });
  each_table(file.string(), root, "event", [&](const reader& table, std::size_t number) {
    out.events.push_back(event_of(table, number, out.proxies, file.parent_path()));
  });
  return out;
}

}  // namespace dvfo::link::faults
