#include "configuration/paths.hpp"

#include <fmt/format.h>

#include <vector>

#include "configuration/settings.hpp"
#include "configuration/variables.hpp"

namespace dvfo::configuration {
namespace {

namespace fs = std::filesystem;

bool holds_bundle(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "manifest.toml", ignored);
}

}  // namespace

fs::path executable_folder() { return fs::read_symlink("/proc/self/exe").parent_path(); }

fs::path bundles_folder() {
  if (const auto named = process_environment("DVFO_BUNDLES")) return *named;
  const auto installed = executable_folder().parent_path() / "share" / "dvfo" / "bundles";
  std::error_code ignored;
  return fs::is_directory(installed, ignored) ? installed : fs::path(DVFO_SOURCE_BUNDLES);
}

fs::path find_bundle(const std::string& bundle) {
  std::error_code ignored;
  // A folder that the user names outright is taken as it is: loading it says what is wrong with it.
  if (!bundle.empty() && fs::is_directory(bundle, ignored)) return bundle;
  auto known = bundles_folder() / (bundle.empty() ? default_bundle : bundle);
  if (holds_bundle(known)) return known;
  throw usage_error(
      fmt::format("no model bundle '{}': neither the folder {} nor {}/manifest.toml exists. Name a folder "
                  "made by 'dvfo train model' with --bundle, or a bundle's name in DVFO_BUNDLES",
                  bundle.empty() ? default_bundle : bundle, bundle.empty() ? "(none given)" : bundle, known.string()));
}

std::string find_data(const std::string& where, const std::string& dataset) {
  if (where == "procedural") return where;
  std::error_code ignored;
  const auto inside = fs::path(where) / dataset;
  return fs::is_directory(inside, ignored) ? inside.string() : where;
}

}  // namespace dvfo::configuration
