#include <fmt/format.h>

#include "files/error.hpp"
#include "files/place.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t procedural_train_images = 16384;
constexpr std::size_t procedural_test_images = 1024;
constexpr int folder_image_size = 224;

/// One file is enough to know CIFAR-100: its opener then names what is missing.
bool holds_cifar100(const fs::path& folder) {
  return files::stands(folder / "train.bin") || files::stands(folder / "test.bin");
}

bool holds_image_folders(const fs::path& folder) {
  return files::is_folder(folder / "train") || files::is_folder(folder / "val");
}

/// "photos: holds 3 files (3 .heic)", or why that cannot be told.
std::string what_is_at(const fs::path& folder) {
  try {
    return fmt::format("{}: {}", folder.string(), files::describe(files::list(folder)));
  } catch (const files::error& problem) {
    return problem.what();
  }
}

}  // namespace

void dataset::copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const {
  const auto plane = static_cast<std::size_t>(image_size()) * static_cast<std::size_t>(image_size());
  if (chw.size() != 3 * plane) {
    throw error(errc::bad_argument,
                fmt::format("{}: a buffer of {} bytes was given; {} are expected", name(), chw.size(), 3 * plane));
  }
  const example found = at(index);
  for (std::size_t pixel = 0; pixel < plane; ++pixel) {
    for (std::size_t channel = 0; channel < 3; ++channel)
      chw[channel * plane + pixel] = found.picture.pixels[3 * pixel + channel];
  }
}

bool holds_dataset(const fs::path& folder) { return holds_cifar100(folder) || holds_image_folders(folder); }

std::unique_ptr<dataset> open_dataset(const std::string& where, subset part, const files::teller& tell) {
  if (where == "procedural") {
    return make_procedural(part, part == subset::train ? procedural_train_images : procedural_test_images);
  }
  // An empty path would mean the current folder, which nobody who forgot a value wants.
  const fs::path folder(where.empty() ? "(empty path)" : where);
  if (holds_cifar100(folder)) return open_cifar100(folder, part);
  if (holds_image_folders(folder)) return open_image_folder(folder, part, folder_image_size, tell);
  throw error(errc::bad_dataset,
              fmt::format("{}; no data set is there: looked for train.bin or test.bin (CIFAR-100's binary version) and "
                          "for folders train or val with one folder of images a class; the word \"procedural\" names "
                          "the set that needs no files",
                          what_is_at(folder)));
}

}  // namespace dvfo::inference
