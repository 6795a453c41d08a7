#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inference/codec/feature_codec.hpp"

namespace dvfo::inference {

/// The shares that models are trained and measured at.
inline constexpr std::array<double, 5> trained_shares = {0.0, 0.25, 0.5, 0.75, 1.0};

/// What was measured for one share when the bundle was made (percent, on the data set's test images).
struct share_figures {
  double share = 0.0;
  double lambda = 0.5;  ///< λ chosen on images held back from training
  double top1 = 0.0;    ///< fused, with that λ
};

/// What a bundle says of itself.
struct bundle_manifest {
  std::string name;          ///< e.g. "cifar100-resnet18-w32"
  std::string architecture;  ///< e.g. "resnet18"
  std::string dataset;       ///< data set's name
  int input_size = 0;        ///< side of the square input in pixels
  int base_width = 0;        ///< channels of the first stage at width 1
  std::vector<std::string> labels;
  feature_format format;
  double reference_top1 = 0.0;         ///< unsplit float model, percent
  std::optional<double> given_top1;    ///< published network that training began with, on the same labels, percent
  std::vector<share_figures> figures;  ///< one per trained share
  std::optional<int> held_back;  ///< training images of all classes that it did not learn from; absent in old ones
  std::string recipe;            ///< the command line that made it
  std::uint64_t id = 0;          ///< hash of the weights: both ends of a link must agree
};

/// A model bundle: a directory with manifest.toml and weights.bin (docs/model-bundle.md). Immutable once loaded; copies
/// share; thread-safe.
class model_bundle {
 public:
  struct weights;  // LibTorch's part, in inference/bundle/weights.hpp

  /// Loads and checks everything: format version, sizes, shapes, checksum. Throws error(bad_bundle) naming the file,
  /// what was found and what was expected.
  static model_bundle load(const std::filesystem::path& folder);

  /// Writes manifest.toml and weights.bin, creating the folder; of what is in it only another bundle is replaced.
  /// Throws error(io).
  void save(const std::filesystem::path& folder) const;

  /// Makes the folder, and sees whether save() will be able to write there: before a long training. Throws error(io).
  static void check_place(const std::filesystem::path& folder);

  /// The format's quantisers and imputed values are taken from `tensors`. Throws error(bad_bundle) where the codec
  /// cannot use them.
  model_bundle(bundle_manifest manifest, std::shared_ptr<const weights> tensors);

  [[nodiscard]] const bundle_manifest& manifest() const { return *manifest_; }
  [[nodiscard]] const weights& tensors() const { return *tensors_; }

  /// λ for any share, by linear interpolation between the trained shares' own.
  [[nodiscard]] double lambda(double share) const;

 private:
  std::shared_ptr<const bundle_manifest> manifest_;
  std::shared_ptr<const weights> tensors_;
};

}  // namespace dvfo::inference
