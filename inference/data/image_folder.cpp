#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& where, const std::string& what) {
  throw error(errc::bad_dataset, fmt::format("{}: {}", where.string(), what));
}

bool is_image_name(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !file.filename().string().starts_with('.') &&
         (extension == ".jpg" || extension == ".jpeg" || extension == ".png");
}

/// What a folder holds, in alphabetical order whatever the file system's, hidden entries left out.
std::vector<fs::directory_entry> list(const fs::path& folder) {
  try {
    std::vector<fs::directory_entry> entries;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!entry.path().filename().string().starts_with('.')) entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end());
    return entries;
  } catch (const fs::filesystem_error& failed) {
    refuse(folder, fmt::format("the folder cannot be listed ({}); check that it exists and may be read",
                               failed.code().message()));
  }
}

std::vector<std::string> class_folders(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : list(folder)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  if (names.empty()) refuse(folder, "no class found; one folder of JPEG or PNG images a class is expected");
  return names;
}

/// classes.txt: "wnid index name" a line, the name as far as the line's end.
std::map<std::string, std::string> read_readable_names(const fs::path& file) {
  std::ifstream stream(file);
  std::map<std::string, std::string> names;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    std::istringstream fields(line);
    std::string folder;
    int index = 0;
    std::string name;
    if (!(fields >> folder >> index) || !std::getline(fields >> std::ws, name) || name.empty()) {
      refuse(file, fmt::format("line {} is \"{}\"; \"folder index name\" is expected", number, line));
    }
    names[folder] = name;
  }
  return names;
}

class image_folder final : public dataset {
 public:
  image_folder(const fs::path& folder, subset part, int image_size) : image_size_(image_size) {
    const fs::path named = folder.has_filename() ? folder : folder.parent_path();
    name_ = named.filename().string();
    const fs::path images = folder / (part == subset::train ? "train" : "val");
    std::error_code ignored;
    if (!fs::is_directory(images, ignored))
      refuse(images, "no such folder; train and val, with one folder of images a class, are expected");
    const auto classes = class_folders(images);
    check_same_classes(folder, images, classes);
    for (const std::string& one : classes) add_class(images / one);
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
      std::error_code ignored;
      const fs::path other = folder / part;
      if (other == images || !fs::is_directory(other, ignored)) continue;
      const auto others = class_folders(other);
      std::vector<std::string> differing;
      std::set_symmetric_difference(classes.begin(), classes.end(), others.begin(), others.end(),
                                    std::back_inserter(differing));
      if (!differing.empty()) {
        refuse(folder, fmt::format("class {} is in only one of train and val; the same {} classes are expected in both",
                                   differing.front(), std::max(classes.size(), others.size())));
      }
    }
  }

  void add_class(const fs::path& folder) {
    const std::size_t before = files_.size();
    for (const auto& found : list(folder)) {
      if (is_image_name(found.path())) files_.push_back({found.path(), next_label_});
    }
    if (files_.size() == before) refuse(folder, "the class has no .jpg, .jpeg or .png file; at least one is expected");
    ++next_label_;
  }

  void name_classes(const fs::path& file, const std::vector<std::string>& classes) {
    labels_ = classes;
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
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

std::unique_ptr<dataset> open_image_folder(const fs::path& folder, subset part, int image_size) {
  if (image_size < 1)
    throw error(errc::bad_argument, fmt::format("{}: an image size of {} was asked for; at least 1 is expected",
                                                folder.string(), image_size));
  return std::make_unique<image_folder>(folder, part, image_size);
}

}  // namespace dvfo::inference
