#pragma once

#include <filesystem>
#include <string>

namespace dvfo::configuration {

/// Folder of the running executable; its siblings dvfo-edge and dvfo-cloud lie there too.
std::filesystem::path executable_folder();

/// Folder that holds the bundles of the project: $DVFO_BUNDLES, else ../share/dvfo/bundles beside the executable's
/// folder, else the bundles/ of the source tree that this was built from.
std::filesystem::path bundles_folder();

/// The bundle of whoever names none.
inline constexpr const char* default_bundle = "cifar100";

/// The folder that a user's --bundle means: a path to a folder, or the name of one in bundles_folder(). Empty means
/// default_bundle. Throws usage_error that lists where it was looked for.
std::filesystem::path find_bundle(const std::string& bundle);

/// The place that a user's --data means, in the words of inference::open_dataset: "procedural", the folder itself, or,
/// when `where` is a folder of data sets (as DVFO_DATA is), its subfolder `dataset`.
std::string find_data(const std::string& where, const std::string& dataset);

}  // namespace dvfo::configuration
