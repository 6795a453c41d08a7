#include "inference/model_bundle.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "files/place.hpp"
#include "inference/bundle/manifest.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {

model_bundle::model_bundle(bundle_manifest manifest, std::shared_ptr<const weights> tensors)
    : tensors_(std::move(tensors)) {
  manifest.format = learned_format(std::move(manifest.format), tensors_->split);
  manifest_ = std::make_shared<const bundle_manifest>(std::move(manifest));
}

model_bundle model_bundle::load(const std::filesystem::path& folder) {
  auto manifest = read_manifest(folder / "manifest.toml");
  const auto stored = read_weights(folder / "weights.bin");
  if (stored.id != manifest.id) {
    throw error(
        errc::bad_bundle,
        fmt::format("{}: weights.bin has id {:016x}, manifest.toml expects {:016x}: they belong to different bundles",
                    folder.string(), stored.id, manifest.id));
  }
  auto tensors = restore(manifest, stored.tensors);
  return {std::move(manifest), std::move(tensors)};
}

void model_bundle::check_place(const std::filesystem::path& folder) {
  with_file_errors_as(errc::io, "", [&] { files::make_folder(folder); });
  check_weights_place(folder / "weights.bin");
  check_manifest_place(folder / "manifest.toml");
}

void model_bundle::save(const std::filesystem::path& folder) const {
  check_place(folder);
  auto manifest = *manifest_;
  manifest.id = write_weights(folder / "weights.bin", store(*tensors_));
  write_manifest(folder / "manifest.toml", manifest);
}

double model_bundle::lambda(double share) const {
  const auto& rows = manifest_->figures;
  const auto above =
      std::find_if(rows.begin(), rows.end(), [&](const share_figures& row) { return row.share >= share; });
  if (above == rows.begin()) return rows.front().lambda;
  if (above == rows.end()) return rows.back().lambda;
  const auto below = std::prev(above);
  const double part = (share - below->share) / (above->share - below->share);
  return below->lambda + part * (above->lambda - below->lambda);
}

}  // namespace dvfo::inference
