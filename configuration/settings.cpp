#include "configuration/settings.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <numeric>
#include <sstream>

#include "configuration/exit_code.hpp"
#include "configuration/settings_file.hpp"
#include "files/standard_streams.hpp"

namespace dvfo::configuration {
namespace {

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;  // clang 14 does not deduce it by itself

std::optional<double> parse_number(const std::string& text) {
  double value = 0.0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(const std::string& text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<bool> parse_truth(const std::string& text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

bool inside(const setting& which, double value) {
  return !which.bounds || (value >= which.bounds->lowest && value <= which.bounds->highest);
}

// Text from a flag or a variable to the value that its setting takes; nothing when it does not fit.
std::optional<setting_value> interpret(const setting& which, const std::string& text) {
  const auto as_text = [&](const auto&) -> std::optional<setting_value> { return setting_value(text); };
  const auto as_integer = [&](const whole_number&) -> std::optional<setting_value> {
    if (const auto value = parse_integer(text)) return setting_value(*value);
    return std::nullopt;
  };
  const auto as_real = [&](double*) -> std::optional<setting_value> {
    if (const auto value = parse_number(text)) return setting_value(*value);
    return std::nullopt;
  };
  const auto as_truth = [&](bool*) -> std::optional<setting_value> {
    if (const auto value = parse_truth(text)) return setting_value(*value);
    return std::nullopt;
  };
  return std::visit(overloaded{as_text, as_integer, as_real, as_truth}, which.target);
}

std::string default_text(const setting& which) {
  return std::visit(overloaded{[](const std::string* value) { return *value; },
                               [](const std::filesystem::path* value) { return value->string(); },
                               [](const whole_number& number) {
                                 const auto value = number.value();
                                 return value ? std::to_string(*value) : std::string();
                               },
                               [](const double* value) { return fmt::format("{}", *value); },
                               [](const bool*) { return std::string(); }},
                    which.target);
}

std::string help_text(const setting& which, const std::string& variable) {
  std::string text = which.help;
  std::vector<std::string> notes;
  if (which.bounds) notes.push_back(fmt::format("{} to {}", which.bounds->lowest, which.bounds->highest));
  if (!which.choices.empty()) notes.push_back(fmt::format("one of {}", fmt::join(which.choices, ", ")));
  if (const auto value = default_text(which); !value.empty()) notes.push_back("default " + value);
  notes.push_back("env " + variable);
  return text + fmt::format(" [{}]", fmt::join(notes, "; "));
}

/// "dvfo train model".
std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

constexpr const char* config = "config";

}  // namespace

std::string expectation(const setting& which) {
  const auto between = [&](const char* noun) {
    return which.bounds ? fmt::format("{} from {} to {}", noun, which.bounds->lowest, which.bounds->highest)
                        : std::string(noun);
  };
  return std::visit(
      overloaded{[&](const auto&) {
                   return which.choices.empty() ? std::string("a text")
                                                : fmt::format("one of {}", fmt::join(which.choices, ", "));
                 },
                 [&](const whole_number&) { return between("a whole number"); },
                 [&](double*) { return between("a number"); }, [](bool*) { return std::string("true or false"); }},
      which.target);
}

bool acceptable(const setting& which, const setting_value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return which.choices.empty() || std::find(which.choices.begin(), which.choices.end(), *text) != which.choices.end();
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return inside(which, static_cast<double>(*whole));
  if (const auto* real = std::get_if<double>(&value)) return inside(which, *real);
  return true;
}

void assign(const setting& which, const setting_value& value) {
  std::visit(overloaded{[&](const whole_number& target) { target.set(std::get<std::int64_t>(value)); },
                        [&](std::filesystem::path* target) { *target = std::get<std::string>(value); },
                        [&](auto* target) { *target = std::get<std::remove_reference_t<decltype(*target)>>(value); }},
             which.target);
}

void complain_on_standard_error(const std::string& text) { files::tell_line(text); }

struct settings_table::impl {
  environment variables;
  complaint warn;
  std::string program;  // full name, once attached
  std::vector<setting> settings;
  std::vector<CLI::Option*> flags;  // same order as settings
  std::deque<std::string> texts;    // CLI11 wants somewhere to store what settle() reads from the option itself
  CLI::Option* config_flag = nullptr;
  std::string config_file;
  std::vector<std::string> tables;
  std::optional<file_read> file;  // that settle() has read

  /// What the setting's variable holds; a complaint if only the name of earlier releases is set.
  std::optional<std::string> variable(const std::string& name) const {
    const auto ours = variable_name(program, name);
    auto text = variables(ours);
    if (text) return text;
    if (const auto former = former_variable_name(name); former && variables(*former)) {
      warn(fmt::format("{}: the environment variable {} has no effect any more; the one of --{} is {}", program,
                       *former, name, ours));
    }
    return std::nullopt;
  }
};

settings_table::settings_table(environment variables, complaint warn) : impl_(std::make_unique<impl>()) {
  impl_->variables = std::move(variables);
  impl_->warn = std::move(warn);
}
settings_table::~settings_table() = default;
settings_table::settings_table(settings_table&&) noexcept = default;
settings_table& settings_table::operator=(settings_table&&) noexcept = default;

settings_table& settings_table::text(std::string name, std::string& target, std::string value_name, std::string help) {
  impl_->settings.push_back({std::move(name), &target, std::move(value_name), std::move(help), std::nullopt, {}});
  return *this;
}

settings_table& settings_table::text(std::string name, std::filesystem::path& target, std::string value_name,
                                     std::string help) {
  impl_->settings.push_back({std::move(name), &target, std::move(value_name), std::move(help), std::nullopt, {}});
  return *this;
}

settings_table& settings_table::choice(std::string name, std::string& target, std::vector<std::string> choices,
                                       std::string help) {
  impl_->settings.push_back({std::move(name), &target, "WORD", std::move(help), std::nullopt, std::move(choices)});
  return *this;
}

settings_table& settings_table::add_integer(std::string name, whole_number target, range bounds, std::string value_name,
                                            std::string help) {
  const auto holds = target.representable();
  if (bounds.lowest < holds.lowest || bounds.highest > holds.highest) {
    throw std::logic_error(fmt::format("--{}: its type holds {} to {}, its range is {} to {}", name, holds.lowest,
                                       holds.highest, bounds.lowest, bounds.highest));
  }
  impl_->settings.push_back({std::move(name), std::move(target), std::move(value_name), std::move(help), bounds, {}});
  return *this;
}

settings_table& settings_table::real(std::string name, double& target, range bounds, std::string value_name,
                                     std::string help) {
  impl_->settings.push_back({std::move(name), &target, std::move(value_name), std::move(help), bounds, {}});
  return *this;
}

settings_table& settings_table::flag(std::string name, bool& target, std::string help) {
  impl_->settings.push_back({std::move(name), &target, "", std::move(help), std::nullopt, {}});
  return *this;
}

settings_table& settings_table::table(std::string name) {
  impl_->tables.push_back(std::move(name));
  return *this;
}

const std::optional<settings_table::file_read>& settings_table::file() const { return impl_->file; }

const std::vector<setting>& settings_table::settings() const { return impl_->settings; }

void settings_table::attach(CLI::App& app) {
  impl_->program = full_name(app);
  for (const auto& which : impl_->settings) {
    const auto flag_name = "--" + which.name;
    const auto help = help_text(which, variable_name(impl_->program, which.name));
    if (std::holds_alternative<bool*>(which.target)) {
      impl_->flags.push_back(app.add_flag(flag_name, help));
    } else {
      auto* option = app.add_option(flag_name, impl_->texts.emplace_back(), help);
      impl_->flags.push_back(
          option->type_name(which.value_name)->expected(1)->take_last());  // as shells' users expect: a later flag wins
    }
  }
  impl_->config_flag = app.add_option("--config", impl_->config_file,
                                      fmt::format("TOML file with these same keys; flags and environment win [env {}]",
                                                  variable_name(impl_->program, config)));
  impl_->config_flag->type_name("FILE");
}

void settings_table::settle() {
  // The file comes first so that a mistake in it is found even where a flag overrides the line.
  std::optional<std::string> file;
  if (impl_->config_flag && impl_->config_flag->count() > 0) {
    file = impl_->config_file;
  } else {
    file = impl_->variable(config);
  }
  if (file) impl_->file = {*file, read_configuration_file(*file, impl_->settings, impl_->tables)};

  const auto take = [](const setting& which, const std::string& text, const std::string& origin) {
    const auto value = interpret(which, text);
    if (!value || !acceptable(which, *value)) {
      throw usage_error(fmt::format("{} is '{}'; expected {}", origin, text, expectation(which)));
    }
    assign(which, *value);
  };
  for (std::size_t i = 0; i < impl_->settings.size(); ++i) {
    const auto& which = impl_->settings[i];
    if (i < impl_->flags.size() && impl_->flags[i]->count() > 0) {
      take(which, impl_->flags[i]->results().back(), "--" + which.name);
    } else if (const auto text = impl_->variable(which.name)) {
      take(which, *text, "environment variable " + variable_name(impl_->program, which.name));
    }
  }
}

std::optional<std::string> nearest_word(const std::string& word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, (word.size() + 1) / 3) + 1;
  for (const auto& candidate : candidates) {
    // Levenshtein distance, one row at a time.
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const auto replaced = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

namespace {

// Flags and subcommands that could stand where the unknown word stood.
std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const auto* option : app.get_options()) {
    if (!option->get_lnames().empty()) words.push_back("--" + option->get_lnames().front());
  }
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(command->get_name());
  return words;
}

const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::string explain(const CLI::App& app, const CLI::ParseError& problem, const std::vector<std::string>& extras) {
  if (extras.empty()) return problem.what();
  const auto word = extras.front().substr(0, extras.front().find('='));
  std::string text = fmt::format("unknown {} '{}'", word.starts_with("-") ? "flag" : "argument", word);
  if (const auto near = nearest_word(word, known_words(app))) text += fmt::format("; did you mean {}?", *near);
  return text;
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& wanted) {
    std::ostringstream text;  // --help, --version
    const int code = app.exit(wanted, text, text);
    files::print(text.str());
    return code;
  } catch (const CLI::ParseError& problem) {
    const auto& command = innermost(app);
    auto extras = app.remaining(true);
    // A slip in a subcommand's name shows first as a subcommand that is missing.
    const bool about_words =
        dynamic_cast<const CLI::ExtrasError*>(&problem) || dynamic_cast<const CLI::RequiredError*>(&problem);
    if (!about_words) extras.clear();
    files::tell(fmt::format("{}: {}\nTry '{} --help'.\n", full_name(command), explain(command, problem, extras),
                            full_name(command)));
    return exit_usage;
  }
}

}  // namespace dvfo::configuration
