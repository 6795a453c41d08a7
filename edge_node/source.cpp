#include "edge_node/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "configuration/paths.hpp"
#include "files/error.hpp"
#include "files/place.hpp"
#include "inference/data/dataset.hpp"
#include "inference/file_errors.hpp"
#include "inference/tasks/task.hpp"

namespace dvfo::edge_node {
namespace {

namespace fs = std::filesystem;

/// One file, or a place that gives none and why.
struct input_place {
  fs::path path;
  std::string problem = {};
};

class file_source final : public task_source {
 public:
  explicit file_source(std::vector<input_place> places) : places_(std::move(places)) {}
  [[nodiscard]] std::size_t size() const override { return places_.size(); }
  [[nodiscard]] std::string name(std::size_t index) const override { return places_.at(index).path.string(); }
  [[nodiscard]] task_input at(std::size_t index) const override {
    const auto& place = places_.at(index);
    if (!place.problem.empty()) throw inference::error(inference::errc::bad_dataset, place.problem);
    return {name(index), std::nullopt, std::make_shared<inference::any_input>(inference::read_input(place.path))};
  }

 private:
  std::vector<input_place> places_;
};

class dataset_source final : public task_source {
 public:
  dataset_source(std::unique_ptr<inference::dataset> set, bool labelled) : set_(std::move(set)), labelled_(labelled) {}
  [[nodiscard]] std::size_t size() const override { return set_->size(); }
  [[nodiscard]] std::string name(std::size_t index) const override { return fmt::format("{}/{}", set_->name(), index); }
  [[nodiscard]] task_input at(std::size_t index) const override {
    auto sample = inference::input_at(*set_, index);
    return {name(index), labelled_ ? std::optional(std::move(sample.known)) : std::nullopt,
            std::make_shared<inference::any_input>(std::move(sample.asked))};
  }

 private:
  std::unique_ptr<inference::dataset> set_;
  bool labelled_;
};

std::vector<input_place> inputs_among(const files::content& found, const files::teller& tell) {
  for (const auto& each : found.left_out) tell(each);
  std::vector<input_place> inputs;
  for (const auto& file : found.files) {
    if (inference::is_input_name(file)) inputs.push_back({file});
  }
  return inputs;
}

/// "photos: holds 3 files (3 .heic)"
std::string found_text(const fs::path& folder, const files::content& found) {
  return fmt::format("{}: {}", folder.string(), files::describe(found));
}

/// Phones write these, and nothing here reads them.
std::string remedy_for(const files::content& found) {
  static constexpr std::array<std::string_view, 3> endings{".heic", ".heif", ".avif"};
  const bool any = std::any_of(found.files.begin(), found.files.end(),
                               [](const fs::path& file) { return files::ends_in(file, endings); });
  return any ? "; convert its pictures to JPEG or PNG first" : "";
}

std::vector<input_place> inputs_in(const fs::path& folder, const files::teller& tell) {
  try {
    const auto found = files::list(folder);
    auto inputs = inputs_among(found, tell);
    if (!inputs.empty()) return inputs;
    return {{folder, fmt::format("{}, but no picture: .jpg, .jpeg or .png files are expected directly in it{}",
                                 found_text(folder, found), remedy_for(found))}};
  } catch (const files::error& problem) {
    return {{folder, problem.what()}};
  }
}

std::unique_ptr<task_source> labelled_source(const std::string& where, const inference::bundle_manifest& manifest,
                                             const files::teller& tell) {
  auto set = inference::open_dataset(where, inference::subset::test, tell);
  const bool labelled = set->labels() == manifest.labels;
  if (!labelled) {
    tell(fmt::format("the labels of data set '{}' are not those of bundle '{}': accuracy is not counted", set->name(),
                     manifest.name));
  }
  return std::make_unique<dataset_source>(std::move(set), labelled);
}

}  // namespace

std::unique_ptr<task_source> inputs_of(const std::vector<fs::path>& places, const files::teller& tell) {
  std::vector<input_place> inputs;
  for (const auto& place : places) {
    if (!files::is_folder(place)) {
      inputs.push_back({place});
      continue;
    }
    for (auto& each : inputs_in(place, tell)) inputs.push_back(std::move(each));
  }
  return std::make_unique<file_source>(std::move(inputs));
}

std::unique_ptr<task_source> open_source(const std::string& where, const inference::bundle_manifest& manifest,
                                         const files::teller& tell) {
  if (where == "procedural") return labelled_source(where, manifest, tell);
  if (files::is_file(where)) return inputs_of({where}, tell);
  const auto expected = fmt::format(
      "expected are .jpg, .jpeg or .png files directly in it, a data set (train.bin or test.bin, or folders train and "
      "val with one folder of pictures a class), or a folder of data sets with one called {}",
      manifest.dataset);
  const auto found =
      inference::with_file_errors_as(inference::errc::bad_dataset, expected, [&] { return files::list(where); });
  if (auto inputs = inputs_among(found, tell); !inputs.empty()) {
    return std::make_unique<file_source>(std::move(inputs));
  }
  const auto set = configuration::find_data(where, manifest.dataset);
  if (inference::holds_dataset(set)) return labelled_source(set, manifest, tell);
  throw inference::error(inference::errc::bad_dataset,
                         fmt::format("{}; {}{}", found_text(where, found), expected, remedy_for(found)));
}

}  // namespace dvfo::edge_node
