#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace dvfo::inference {

/// AppealNet's second head (Li et al., DAC 2021): from what the local DNN answers at share 0, whether that answer will
/// do or the task has to appeal to the cloud. Two small layers over figures of the logits, in float: 41 parameters, so
/// that any bundle can have one without being trained anew. Immutable, thread-safe.
class discriminator {
 public:
  static constexpr std::size_t inputs = 8;
  static constexpr std::size_t hidden = 4;
  /// Weights of the hidden units (a row a unit), their biases, weights of the output, its bias.
  static constexpr std::size_t parameter_count = hidden * inputs + hidden + hidden + 1;
  using features = std::array<float, inputs>;
  using parameters = std::array<float, parameter_count>;

  discriminator() = default;
  explicit discriminator(const parameters& values) : parameters_(values) {}

  /// Figures of the logits that do not depend on the classes' order: the three greatest probabilities, the margin of
  /// the first, entropy, and how far the logits stand out. All about 1 in size. `logits`: at least two, all finite.
  static features features_of(std::span<const float> logits);

  /// q(1|x): chance that the local answer suffices, 0 to 1.
  [[nodiscard]] double easy(const features& seen) const noexcept;
  [[nodiscard]] double easy(std::span<const float> logits) const { return easy(features_of(logits)); }

  [[nodiscard]] const parameters& values() const { return parameters_; }

 private:
  parameters parameters_{};
};

/// A trained discriminator and what it does on the test images.
struct appeal_rule {
  discriminator head;
  double threshold = 0.5;               ///< δ: answers with q(1|x) ≥ δ are accepted
  double beta = 0.0;                    ///< price of an appeal in the training's loss
  std::uint64_t bundle_id = 0;          ///< weights that it was trained for
  std::string recipe;                   ///< the command line that made it
  std::string dataset;                  ///< of the test images
  std::int64_t images = 0;              ///< tested
  double skipping_rate = 0.0;           ///< of them that are accepted
  double top1 = 0.0;                    ///< percent, of all answers together
  double cloud_top1 = 0.0;              ///< percent, if everything appealed
  std::optional<double> top1_accepted;  ///< percent of the local answers that are accepted; absent where none is
  std::optional<double> top1_appealed;  ///< percent of the cloud's answers to the others; likewise

  /// Whether this answer of the local DNN will do.
  [[nodiscard]] bool accepts(std::span<const float> logits) const { return head.easy(logits) >= threshold; }
};

/// Where a bundle's own lies.
std::filesystem::path appeal_rule_file(const std::filesystem::path& bundle);

/// Whether save() will be able to write there: before a long training. Throws error(io).
void check_output_of_rule(const std::filesystem::path& file);

/// Writes TOML; replaces such a rule, and nothing else. Throws error(io).
void save(const appeal_rule& rule, const std::filesystem::path& file);

/// Throws error(bad_bundle) naming the file, the key, what was found and what was expected; also for a rule that was
/// trained for other weights than `bundle_id`.
appeal_rule load_appeal_rule(const std::filesystem::path& file, std::uint64_t bundle_id);

}  // namespace dvfo::inference
