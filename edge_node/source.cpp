#include "edge_node/source.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

#include "configuration/paths.hpp"
#include "inference/data/dataset.hpp"

namespace dvfo::edge_node {
namespace {

namespace fs = std::filesystem;

class file_source final : public task_source {
 public:
  explicit file_source(std::vector<fs::path> files) : files_(std::move(files)) {}
  [[nodiscard]] std::size_t size() const override { return files_.size(); }
  [[nodiscard]] std::string name(std::size_t index) const override { return files_.at(index).string(); }
  [[nodiscard]] task_input at(std::size_t index) const override {
    return {name(index), std::nullopt, std::make_shared<inference::image>(inference::read_image(files_.at(index)))};
  }

 private:
  std::vector<fs::path> files_;
};

class dataset_source final : public task_source {
 public:
  dataset_source(std::unique_ptr<inference::dataset> set, bool labelled) : set_(std::move(set)), labelled_(labelled) {}
  [[nodiscard]] std::size_t size() const override { return set_->size(); }
  [[nodiscard]] std::string name(std::size_t index) const override { return fmt::format("{}/{}", set_->name(), index); }
  [[nodiscard]] task_input at(std::size_t index) const override {
    auto sample = set_->at(index);
    return {name(index), labelled_ ? std::optional(sample.label) : std::nullopt,
            std::make_shared<inference::image>(std::move(sample.picture))};
  }

 private:
  std::unique_ptr<inference::dataset> set_;
  bool labelled_;
};

bool named_like_an_image(const fs::path& file) {
  auto ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
}

std::vector<fs::path> images_directly_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(folder, problem)) {
    if (entry.is_regular_file() && named_like_an_image(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::unique_ptr<task_source> image_files(std::vector<fs::path> files) {
  return std::make_unique<file_source>(std::move(files));
}

std::unique_ptr<task_source> open_source(const std::string& where, const inference::bundle_manifest& manifest) {
  if (auto files = images_directly_in(where); !files.empty()) return image_files(std::move(files));
  auto set = inference::open_dataset(configuration::find_data(where, manifest.dataset), inference::subset::test);
  const bool labelled = set->labels() == manifest.labels;
  if (!labelled) {
    spdlog::warn("the labels of data set '{}' are not those of bundle '{}': accuracy is not counted", set->name(),
                 manifest.name);
  }
  return std::make_unique<dataset_source>(std::move(set), labelled);
}

}  // namespace dvfo::edge_node
