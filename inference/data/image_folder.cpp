#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "files/place.hpp"
#include "files/reading.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& where, const std::string& what) {
  throw error(errc::bad_dataset, fmt::format("{}: {}", where.string(), what));
}

files::content list(const fs::path& folder) {
  return with_file_errors_as(errc::bad_dataset, "a folder that can be listed is expected",
                             [&] { return files::list(folder); });
}

std::vector<std::string> names_of(const std::vector<fs::path>& folders) {
  std::vector<std::string> names(folders.size());
  std::transform(folders.begin(), folders.end(), names.begin(),
                 [](const fs::path& one) { return one.filename().string(); });
  return names;
}

void require_classes(const fs::path& folder, const files::content& found) {
  if (!found.folders.empty()) return;
  refuse(folder, fmt::format("no class found: it {}; one folder of JPEG or PNG images a class is expected",
                             files::describe(found)));
}

/// classes.txt: "wnid index name" a line, the name as far as the line's end.
std::map<std::string, std::string> read_readable_names(const fs::path& file) {
  const auto text = with_file_errors_as(errc::bad_dataset, "", [&] { return files::read_text(file); });
  std::map<std::string, std::string> names;
  for (const auto& line : files::lines_of(text)) {
    std::istringstream fields{std::string(line.text)};
    std::string folder;
    int index = 0;
    std::string name;
    if (!(fields >> folder >> index) || !std::getline(fields >> std::ws, name) || name.empty()) {
      refuse(file, fmt::format("line {} is \"{}\"; \"folder index name\" is expected", line.number, line.text));
    }
    names[folder] = name;
  }
  return names;
}

class image_folder final : public dataset {
 public:
  image_folder(const fs::path& folder, subset part, int image_size, const files::teller& tell)
      : image_size_(image_size) {
    const fs::path named = folder.has_filename() ? folder : folder.parent_path();
    name_ = named.filename().string();
    const fs::path images = folder / (part == subset::train ? "train" : "val");
    if (!files::is_folder(images))
      refuse(images, "no such folder; train and val, with one folder of images a class, are expected");
    const auto found = list(images);
    for (const auto& each : found.left_out) tell(each);
    require_classes(images, found);
    const auto classes = names_of(found.folders);
    check_same_classes(folder, images, classes);
    for (const auto& one : found.folders) add_class(one, tell);
    name_classes(folder / "classes.txt", classes);
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t size() const override { return files_.size(); }
  [[nodiscard]] int image_size() const override { return image_size_; }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return labels_; }
  [[nodiscard]] int label(std::size_t index) const override { return entry(index).label; }
  [[nodiscard]] example at(std::size_t index) const override {
    const labelled_file& found = entry(index);
    return {resize_and_centre_crop(read_image(found.path), image_size_), found.label};
  }

 private:
  struct labelled_file {
    fs::path path;
    int label;
  };

  [[nodiscard]] const labelled_file& entry(std::size_t index) const {
    if (index >= size())
      throw error(errc::bad_argument, fmt::format("{}: image {} was asked for; the set has {}", name_, index, size()));
    return files_[index];
  }

  /// A class that exists in one part only would shift the labels of the other.
  static void check_same_classes(const fs::path& folder, const fs::path& images,
                                 const std::vector<std::string>& classes) {
    for (const char* part : {"train", "val"}) {
      const fs::path other = folder / part;
      if (other == images || !files::is_folder(other)) continue;
      const auto there = list(other);
      require_classes(other, there);
      const auto others = names_of(there.folders);
      std::vector<std::string> differing;
      std::set_symmetric_difference(classes.begin(), classes.end(), others.begin(), others.end(),
                                    std::back_inserter(differing));
      if (!differing.empty()) {
        refuse(folder, fmt::format("class {} is in only one of train and val; the same {} classes are expected in both",
                                   differing.front(), std::max(classes.size(), others.size())));
      }
    }
  }

  void add_class(const fs::path& folder, const files::teller& tell) {
    const std::size_t before = files_.size();
    const auto found = list(folder);
    for (const auto& each : found.left_out) tell(each);
    for (const auto& file : found.files) {
      if (is_image_name(file)) files_.push_back({file, next_label_});
    }
    if (files_.size() == before) {
      refuse(folder, fmt::format("the class has no .jpg, .jpeg or .png file; at least one is expected, but it {}",
                                 files::describe(found)));
    }
    ++next_label_;
  }

  void name_classes(const fs::path& file, const std::vector<std::string>& classes) {
    labels_ = classes;
    if (!files::stands(file)) return;
    const auto names = read_readable_names(file);
    for (std::string& label : labels_) {
      const auto found = names.find(label);
      if (found == names.end())
        refuse(file,
               fmt::format("has no line for class {}; one line \"folder index name\" a class is expected", label));
      label = found->second;
    }
  }

  std::string name_;
  int image_size_;
  int next_label_ = 0;
  std::vector<std::string> labels_;
  std::vector<labelled_file> files_;
};

}  // namespace

std::unique_ptr<dataset> open_image_folder(const fs::path& folder, subset part, int image_size,
                                           const files::teller& tell) {
  if (image_size < 1)
    throw error(errc::bad_argument, fmt::format("{}: an image size of {} was asked for; at least 1 is expected",
                                                folder.string(), image_size));
  return std::make_unique<image_folder>(folder, part, image_size, tell);
}

}  // namespace dvfo::inference
