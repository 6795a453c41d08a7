#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "configuration/variables.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace dvfo::configuration {

/// A mistake of the user's: a flag, a variable or a line of the configuration file. Programs print it and end with
/// exit_usage.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Closed range of a number.
struct range {
  double lowest;
  double highest;
};

template <class T>
concept whole = std::integral<T> && !std::same_as<T, bool>;

/// A whole number that a setting fills, of whatever type it is. Refers to its target.
class whole_number {
 public:
  template <whole T>
  explicit whole_number(T& target)
      : read_([&target] { return std::optional(static_cast<std::int64_t>(target)); }),
        write_([&target](std::int64_t value) { target = static_cast<T>(value); }),
        representable_(range_of<T>()) {}
  template <whole T>
  explicit whole_number(std::optional<T>& target)
      : read_([&target] { return target ? std::optional(static_cast<std::int64_t>(*target)) : std::nullopt; }),
        write_([&target](std::int64_t value) { target = static_cast<T>(value); }),
        representable_(range_of<T>()) {}

  /// Nothing where the target is an optional without a value.
  [[nodiscard]] std::optional<std::int64_t> value() const { return read_(); }
  /// The value must lie within representable().
  void set(std::int64_t value) const { write_(value); }
  /// What the target can hold.
  [[nodiscard]] range representable() const { return representable_; }

 private:
  template <class T>
  static range range_of() {
    return {static_cast<double>(std::numeric_limits<T>::min()), static_cast<double>(std::numeric_limits<T>::max())};
  }

  std::function<std::optional<std::int64_t>()> read_;
  std::function<void(std::int64_t)> write_;
  range representable_;
};

/// One setting: the flag --name, its variable (variables.hpp) and the TOML key `name` are the same thing. Its default
/// is what the target holds when the setting is declared.
struct setting {
  std::string name;  ///< lower case, words joined by '-'
  std::variant<std::string*, std::filesystem::path*, whole_number, double*, bool*> target;
  std::string value_name;  ///< shown in --help, with its unit: "N", "HOST:PORT", "SECONDS"
  std::string help;
  std::optional<range> bounds;       ///< numbers
  std::vector<std::string> choices;  ///< texts that take one of a few words; empty: any text
};

/// Takes a sentence for the user.
using complaint = std::function<void(const std::string& text)>;

/// One line on standard error: settings are read before the log is started, whose level is one of them.
void complain_on_standard_error(const std::string& text);

/// The settings of one program or subcommand, declared once and read from three places: flags over environment over the
/// TOML file named by --config over defaults. Wherever a value comes from, it passes the same checks, and the error
/// says where it stood (flag, variable, or file and line), what was found and what is expected. A variable that
/// releases before the prefixes read, and that would have counted, is complained about. Not thread-safe.
class settings_table {
 public:
  explicit settings_table(environment variables = process_environment, complaint warn = complain_on_standard_error);
  ~settings_table();
  settings_table(settings_table&&) noexcept;
  settings_table& operator=(settings_table&&) noexcept;

  /// Declarations. Targets must outlive the table. A whole number may be of any type, or an optional without a default:
  /// `help` says what then holds. Its bounds must fit its type; throws std::logic_error where they do not.
  settings_table& text(std::string name, std::string& target, std::string value_name, std::string help);
  settings_table& text(std::string name, std::filesystem::path& target, std::string value_name, std::string help);
  settings_table& choice(std::string name, std::string& target, std::vector<std::string> choices, std::string help);
  template <class T>
  settings_table& integer(std::string name, T& target, range bounds, std::string value_name, std::string help) {
    return add_integer(std::move(name), whole_number(target), bounds, std::move(value_name), std::move(help));
  }
  settings_table& real(std::string name, double& target, range bounds, std::string value_name, std::string help);
  settings_table& flag(std::string name, bool& target, std::string help);

  /// Declares a key of the file that is no setting: a table, or an array of them, that the program reads itself.
  settings_table& table(std::string name);

  /// Adds every setting, and --config, as a flag of `app`, whose full name ("dvfo train model") gives the variables
  /// theirs. Call once, after the declarations; `app` must outlive settle().
  void attach(CLI::App& app);

  /// Once `app` has parsed its command line: fills the targets. Throws usage_error.
  void settle();

  /// The file that settle() has read, if any. Its text is kept because a pipe cannot be read twice.
  struct file_read {
    std::string name;
    std::string text;
  };
  [[nodiscard]] const std::optional<file_read>& file() const;

  /// Settings in the order of their declaration.
  [[nodiscard]] const std::vector<setting>& settings() const;

 private:
  settings_table& add_integer(std::string name, whole_number target, range bounds, std::string value_name,
                              std::string help);

  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The candidate that `word` most resembles (edit distance at most a third of its length, rounded to the nearest, at
/// least 1), if any.
std::optional<std::string> nearest_word(const std::string& word, const std::vector<std::string>& candidates);

/// Parses a command line into `app` (subcommands included). Returns nothing when the program should go on; else prints
/// help, version or the error (with the nearest known flag or subcommand) and returns the exit code.
std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv);

}  // namespace dvfo::configuration
