#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>
#include <utility>

#include "device/error.hpp"
#include "device/simulated/board_parameters.hpp"
#include "device/simulated/parameter_fields.hpp"
#include "files/error.hpp"
#include "files/reading.hpp"

namespace dvfo::device::simulated {
namespace {

constexpr const char* remedy = "write the file anew with 'dvfo calibrate'";

/// Fills a structure from a table; finish() objects to keys that nobody asked for.
class reader {
 public:
  reader(const toml::table& table, std::string where, std::string path)
      : table_(table), where_(std::move(where)), path_(std::move(path)) {}

  void number(const char* key, double& target, double low, double high) {
    const auto& node = find(key);
    if (const auto real = node.value_exact<double>()) {
      target = *real;
    } else if (const auto whole = node.value_exact<std::int64_t>()) {
      target = static_cast<double>(*whole);
    } else {
      fail(key, fmt::format("is no number; {}", remedy));
    }
    if (!(target >= low && target <= high)) {
      fail(key, fmt::format("is {}, expected {} to {}; {}", target, low, high, remedy));
    }
  }

  void points(const char* key, std::vector<double>& target) {
    const auto* array = find(key).as_array();
    if (array == nullptr || array->empty()) fail(key, fmt::format("is no list of frequencies in hertz; {}", remedy));
    target.clear();
    for (const auto& node : *array) {
      const auto value = node.value<double>();
      if (!value || !(*value >= 1e6 && *value <= 1e11) || (!target.empty() && *value <= target.back())) {
        fail(key, fmt::format("must list frequencies from 1e6 to 1e11 Hz, ascending; {}", remedy));
      }
      target.push_back(*value);
    }
  }

  void text(const char* key, std::string& target) {
    const auto value = find(key).value_exact<std::string>();
    if (!value || value->empty()) fail(key, fmt::format("is no text or empty; {}", remedy));
    target = *value;
  }

  void from(provenance& target) {
    std::string word;
    text("origin", word);
    if (word != to_string(origin::fitted) && word != to_string(origin::derived)) {
      fail("origin", fmt::format("is '{}', expected 'fitted' or 'derived'; {}", word, remedy));
    }
    target.how = word == to_string(origin::fitted) ? origin::fitted : origin::derived;
    text("source", target.source);
  }

  template <class structure>
  void group(const char* key, structure& target) {
    read(find(key), path_ + key, target);
  }

  // A list may be absent: then it is empty.
  template <class structure>
  void list(const char* key, std::vector<structure>& target) {
    target.clear();
    if (!table_.contains(key)) return;
    const auto* array = find(key).as_array();
    if (array == nullptr) fail(key, fmt::format("is no list of tables; {}", remedy));
    for (std::size_t i = 0; i < array->size(); ++i) {
      read(*array->get(i), fmt::format("{}{}[{}]", path_, key, i), target.emplace_back());
    }
  }

  void finish() const {
    for (const auto& [key, node] : table_) {
      if (!seen_.contains(std::string(key.str()))) {
        throw error(errc::bad_file, fmt::format("{}: unknown key '{}{}'; the keys here are {}", where_, path_,
                                                std::string(key.str()), fmt::join(seen_, ", ")));
      }
    }
  }

 private:
  const toml::node& find(const char* key) {
    seen_.insert(key);
    const auto* node = table_.get(key);
    if (node == nullptr)
      throw error(errc::bad_file, fmt::format("{}: key '{}{}' is missing; {}", where_, path_, key, remedy));
    return *node;
  }

  template <class structure>
  void read(const toml::node& node, const std::string& path, structure& target) {
    const auto* table = node.as_table();
    if (table == nullptr) throw error(errc::bad_file, fmt::format("{}: '{}' is no table; {}", where_, path, remedy));
    reader inner(*table, where_, path + ".");
    describe(inner, target);
    inner.finish();
  }

  [[noreturn]] void fail(const char* key, const std::string& what) const {
    throw error(errc::bad_file, fmt::format("{}: key '{}{}' {}", where_, path_, key, what));
  }

  const toml::table& table_;
  std::string where_;
  std::string path_;
  std::set<std::string> seen_;
};

/// The same keys as text.
class writer {
 public:
  void number(const char* key, double& value, double, double) { line(key, digits(value)); }
  void points(const char* key, std::vector<double>& values) {
    std::vector<std::string> texts(values.size());
    std::transform(values.begin(), values.end(), texts.begin(), digits);
    line(key, fmt::format("[{}]", fmt::join(texts, ", ")));
  }
  void text(const char* key, std::string& value) {
    std::ostringstream quoted;
    quoted << toml::value<std::string>(value);
    line(key, quoted.str());
  }
  void from(provenance& value) {
    std::string word = to_string(value.how);
    text("origin", word);
    text("source", value.source);
  }
  template <class structure>
  void group(const char* key, structure& value) {
    text_ += fmt::format("\n[{}]\n", key);
    describe(*this, value);
  }
  template <class structure>
  void list(const char* key, std::vector<structure>& values) {
    for (auto& value : values) {
      text_ += fmt::format("\n[[{}]]\n", key);
      describe(*this, value);
    }
  }
  [[nodiscard]] const std::string& result() const { return text_; }

 private:
  // Seven significant digits; TOML wants a point or an exponent in a real number.
  static std::string digits(double value) {
    auto shown = fmt::format("{:.7g}", value);
    return shown.find_first_of(".e") == std::string::npos ? shown + ".0" : shown;
  }
  void line(const char* key, const std::string& value) { text_ += fmt::format("{} = {}\n", key, value); }
  std::string text_;
};

}  // namespace

const char* to_string(origin how) { return how == origin::fitted ? "fitted" : "derived"; }

board_parameters parse_parameters(std::string_view text, const std::string& where) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& problem) {
    throw error(errc::bad_file, fmt::format("{}:{}: {}; {}", where, problem.source().begin.line,
                                            std::string(problem.description()), remedy));
  }
  board_parameters parameters;
  reader top(table, where, "");
  describe(top, parameters);
  top.finish();
  return parameters;
}

board_parameters read_parameters(const std::filesystem::path& file) {
  try {
    return parse_parameters(files::read_text(file), file.string());
  } catch (const files::error& problem) {
    throw error(errc::io, fmt::format("{}; 'dvfo calibrate --output' writes parameter files", problem.what()));
  }
}

std::string format_parameters(const board_parameters& parameters, const std::string& header) {
  std::string text;
  std::istringstream lines(header);
  for (std::string line; std::getline(lines, line);) text += fmt::format("#{}{}\n", line.empty() ? "" : " ", line);
  auto copy = parameters;  // one description serves reading and writing, so it takes what it could change
  writer out;
  describe(out, copy);
  return text + out.result();
}

}  // namespace dvfo::device::simulated
