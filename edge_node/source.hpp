#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files/folder.hpp"
#include "files/standard_streams.hpp"
#include "inference/model_bundle.hpp"
#include "inference/tasks/kinds.hpp"

namespace dvfo::edge_node {

/// What one task is asked about, with what is known of it.
struct task_input {
  std::string name;                           ///< file, or "dataset/index"
  std::optional<inference::any_truth> truth;  ///< in the bundle's words
  std::shared_ptr<const inference::any_input> input;
};

/// Inputs addressed by index. Immutable; at() may be called from several threads.
class task_source {
 public:
  virtual ~task_source() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// The input's name, known also when it cannot be read.
  [[nodiscard]] virtual std::string name(std::size_t index) const = 0;
  /// Throws inference::error when the input cannot be read or decoded.
  [[nodiscard]] virtual task_input at(std::size_t index) const = 0;
};

/// The user's own files, without truths: each place is a file, or a folder that stands for the pictures directly in
/// it (JPEG and PNG by name, in alphabetical order). A folder without any becomes one input, which cannot be read and
/// says what was found instead. What is left out of a folder is told.
std::unique_ptr<task_source> inputs_of(const std::vector<std::filesystem::path>& places,
                                       const files::teller& tell = files::tell_line);

/// What `--input` means: "procedural", a data set's folder (its test part), a folder of data sets that holds the
/// bundle's, a folder with pictures directly in it, or one picture. A data set with other labels than the bundle's is
/// read without labels. Throws inference::error(bad_dataset) that says what was found and what is expected.
std::unique_ptr<task_source> open_source(const std::string& where, const inference::bundle_manifest& manifest,
                                         const files::teller& tell = files::tell_line);

}  // namespace dvfo::edge_node
