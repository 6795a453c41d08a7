#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inference/image.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::edge_node {

/// One picture to classify, with what is known of it.
struct task_input {
  std::string name;          ///< file, or "dataset/index"
  std::optional<int> label;  ///< index into the bundle's labels
  std::shared_ptr<const inference::image> picture;
};

/// Pictures addressed by index. Immutable; at() may be called from several threads.
class task_source {
 public:
  virtual ~task_source() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// The input's name, known also when it cannot be read.
  [[nodiscard]] virtual std::string name(std::size_t index) const = 0;
  /// Throws inference::error when the image cannot be read or decoded.
  [[nodiscard]] virtual task_input at(std::size_t index) const = 0;
};

/// The user's own files, without labels.
std::unique_ptr<task_source> image_files(std::vector<std::filesystem::path> files);

/// What `--input` means: "procedural", a data set's folder (its test part), a folder of data sets that holds the
/// bundle's, or a folder with images directly in it (JPEG and PNG by name, in alphabetical order, without labels). A
/// data set with other labels than the bundle's is read without labels. Throws inference::error(bad_dataset) naming
/// what was looked for.
std::unique_ptr<task_source> open_source(const std::string& where, const inference::bundle_manifest& manifest);

}  // namespace dvfo::edge_node
