#pragma once

#include <filesystem>

#include "inference/architectures/architecture.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::inference {

/// Reads and checks manifest.toml; the format's quantisers and imputed values are not in it. Throws error(bad_bundle)
/// naming the key, what was found and what was expected.
bundle_manifest read_manifest(const std::filesystem::path& file);

/// Writes manifest.toml. Throws error(io).
void write_manifest(const std::filesystem::path& file, const bundle_manifest& manifest);

/// Whether write_manifest will be able to write there; a file that is no such manifest stands in its way. Throws
/// error(io).
void check_manifest_place(const std::filesystem::path& file);

/// The architecture that a manifest describes.
architecture architecture_of(const bundle_manifest& manifest);

}  // namespace dvfo::inference
