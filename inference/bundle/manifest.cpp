#include "inference/bundle/manifest.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <charconv>
#include <limits>
#include <sstream>

#include "files/output.hpp"
#include "files/reading.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

constexpr std::int64_t format_version = 1;

constexpr files::kind manifest_file{"the manifest of a model bundle", [](std::string_view head) {
                                      return head.starts_with("# Written by `dvfo train model`");
                                    }};

/// Typed access to one table; every refusal names file, key, what was found and what was expected.
class fields {
 public:
  fields(const std::filesystem::path& file, const toml::table& table) : file_(file), table_(table) {}

  bool has(const char* key) const { return table_.contains(key); }

  template <class T>
  T get(const char* key, const char* expected) const {
    if (const auto value = table_[key].value<T>()) return *value;
    fail(key, table_.contains(key) ? "a value of another type" : "nothing", expected);
  }

  int integer(const char* key, std::int64_t lowest, std::int64_t highest) const {
    const auto value = get<std::int64_t>(key, "a whole number");
    if (value < lowest || value > highest) fail(key, std::to_string(value), fmt::format("{} to {}", lowest, highest));
    return static_cast<int>(value);
  }

  double number(const char* key, double lowest, double highest) const {
    const auto value = get<double>(key, "a number");
    if (!(value >= lowest && value <= highest))
      fail(key, std::to_string(value), fmt::format("{} to {}", lowest, highest));
    return value;
  }

  const toml::array& list(const char* key, std::size_t least, std::size_t most) const {
    const auto* values = table_[key].as_array();
    if (values == nullptr) fail(key, "no list", "a list");
    if (values->size() < least || values->size() > most) {
      fail(key, fmt::format("{} entries", values->size()), fmt::format("{} to {}", least, most));
    }
    return *values;
  }

  [[noreturn]] void fail(const char* key, const std::string& found, const std::string& expected) const {
    throw error(errc::bad_bundle, fmt::format("{}: \"{}\" is {}, expected {}", file_.string(), key, found, expected));
  }

 private:
  const std::filesystem::path& file_;
  const toml::table& table_;
};

/// The map's shape; what the networks learned of it stands in weights.bin.
feature_format read_format(const fields& in) {
  feature_format format;
  format.channels = in.integer("feature_channels", 1, 4096);
  format.height = format.width = in.integer("feature_side", 1, 1024);
  format.bits = in.integer("feature_bits", 2, 8);
  if (!is_feature_bits(format.bits)) in.fail("feature_bits", std::to_string(format.bits), "8, 4, 3 or 2");
  return format;
}

std::vector<share_figures> read_figures(const std::filesystem::path& file, const fields& in) {
  std::vector<share_figures> figures;
  for (const auto& entry : in.list("share", trained_shares.size(), trained_shares.size())) {
    const auto* table = entry.as_table();
    if (table == nullptr) in.fail("share", "no table", "[[share]] tables");
    const fields row(file, *table);
    const double share = row.number("share", 0.0, 1.0);
    if (share != trained_shares[figures.size()])
      in.fail("share", std::to_string(share), "0, 0.25, 0.5, 0.75, 1 in this order");
    figures.push_back({share, row.number("lambda", 0.0, 1.0), row.number("top1_percent", 0.0, 100.0)});
  }
  return figures;
}

bundle_manifest parse(const std::filesystem::path& file, const toml::table& document) {
  const fields in(file, document);
  in.integer("format_version", format_version, format_version);
  bundle_manifest out;
  out.name = in.get<std::string>("name", "a text");
  out.architecture = in.get<std::string>("architecture", "a text");
  out.dataset = in.get<std::string>("dataset", "a text");
  out.recipe = in.get<std::string>("recipe", "a text");
  out.input_size = in.integer("input_size", 8, 1024);
  out.base_width = in.integer("base_width", 4, 1024);
  for (const auto& label : in.list("labels", 2, 100000)) {
    const auto text = label.value<std::string>();
    if (!text) in.fail("labels", "a value of another type", "texts");
    out.labels.push_back(*text);
  }
  out.format = read_format(in);
  out.reference_top1 = in.number("reference_top1_percent", 0.0, 100.0);
  if (in.has("given_top1_percent")) out.given_top1 = in.number("given_top1_percent", 0.0, 100.0);
  if (in.has("held_back")) out.held_back = in.integer("held_back", 1, std::numeric_limits<int>::max());
  out.figures = read_figures(file, in);
  const auto id = in.get<std::string>("weights_id", "16 hexadecimal digits");
  const auto parsed = std::from_chars(id.data(), id.data() + id.size(), out.id, 16);
  if (id.size() != 16 || parsed.ptr != id.data() + id.size()) in.fail("weights_id", id, "16 hexadecimal digits");
  return out;
}

}  // namespace

bundle_manifest read_manifest(const std::filesystem::path& file) {
  const auto text =
      with_file_errors_as(errc::bad_bundle, "a model bundle is a folder with manifest.toml and weights.bin",
                          [&] { return files::read_text(file); });
  try {
    return parse(file, toml::parse(text, file.string()));
  } catch (const toml::parse_error& e) {
    throw error(errc::bad_bundle,
                fmt::format("{}, line {}: {}; expected TOML", file.string(), e.source().begin.line, e.description()));
  }
}

void check_manifest_place(const std::filesystem::path& file) {
  with_file_errors_as(errc::io, "", [&] { files::check_output(file, manifest_file); });
}

void write_manifest(const std::filesystem::path& file, const bundle_manifest& manifest) {
  toml::array labels;
  for (const auto& label : manifest.labels) labels.push_back(label);
  toml::array shares;
  for (const auto& row : manifest.figures) {
    shares.push_back(toml::table{{"share", row.share}, {"lambda", row.lambda}, {"top1_percent", row.top1}});
  }
  toml::table document{{"format_version", format_version},
                       {"name", manifest.name},
                       {"architecture", manifest.architecture},
                       {"base_width", manifest.base_width},
                       {"input_size", manifest.input_size},
                       {"dataset", manifest.dataset},
                       {"recipe", manifest.recipe},
                       {"weights_id", fmt::format("{:016x}", manifest.id)},
                       {"reference_top1_percent", manifest.reference_top1},
                       {"feature_channels", manifest.format.channels},
                       {"feature_side", manifest.format.height},
                       {"feature_bits", manifest.format.bits},
                       {"labels", labels},
                       {"share", shares}};
  if (manifest.given_top1) document.insert("given_top1_percent", *manifest.given_top1);
  if (manifest.held_back) document.insert("held_back", *manifest.held_back);
  std::ostringstream out;
  out << "# Written by `dvfo train model`; the key \"recipe\" says how. See docs/model-bundle.md.\n"
      << document << '\n';
  with_file_errors_as(errc::io, "", [&] { files::write_whole(file, out.str(), manifest_file); });
}

architecture architecture_of(const bundle_manifest& manifest) {
  return make_architecture(manifest.architecture, {.input_size = manifest.input_size,
                                                   .classes = static_cast<int>(manifest.labels.size()),
                                                   .base_width = manifest.base_width,
                                                   .feature_channels = manifest.format.channels});
}

}  // namespace dvfo::inference
