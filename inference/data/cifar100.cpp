#include <fmt/format.h>

#include <algorithm>

#include "files/reading.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::inference {
namespace {

namespace fs = std::filesystem;

constexpr int side = 32;
constexpr std::size_t plane_bytes = side * side;
constexpr std::size_t pixel_bytes = 3 * plane_bytes;
constexpr std::size_t record_bytes = 2 + pixel_bytes;  // coarse label, fine label, planes R, G, B
constexpr std::size_t coarse_classes = 20;
constexpr std::size_t fine_classes = 100;

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw error(errc::bad_dataset, fmt::format("{}: {}", file.string(), what));
}

std::uint8_t byte_at(const std::string& records, std::size_t at) { return static_cast<std::uint8_t>(records[at]); }

std::string read_records(const fs::path& file) {
  auto records = with_file_errors_as(errc::bad_dataset,
                                     "CIFAR-100's binary version is expected, `dvfo data get cifar100` fetches it",
                                     [&] { return files::read_whole(file, files::longest_data); });
  const auto size = records.size();
  if (size == 0 || size % record_bytes != 0) {
    refuse(file, fmt::format(
                     "has {} bytes; a positive multiple of {} is expected (one record an image); fetch the file again",
                     size, record_bytes));
  }
  for (std::size_t at = 0; at < records.size(); at += record_bytes) {
    const auto coarse = byte_at(records, at);
    const auto fine = byte_at(records, at + 1);
    if (coarse < coarse_classes && fine < fine_classes) continue;
    refuse(file,
           fmt::format(
               "record {} has coarse label {} and fine label {}; under {} and {} are expected; fetch the file again",
               at / record_bytes, coarse, fine, coarse_classes, fine_classes));
  }
  return records;
}

std::vector<std::string> read_names(const fs::path& file) {
  const auto text =
      with_file_errors_as(errc::bad_dataset, "the 100 class names, one a line, are expected beside the images",
                          [&] { return files::read_text(file); });
  std::vector<std::string> names;
  for (const auto& line : files::lines_of(text)) names.emplace_back(line.text);
  if (names.size() != fine_classes)
    refuse(file, fmt::format("has {} class names; {} are expected", names.size(), fine_classes));
  return names;
}

class cifar100 final : public dataset {
 public:
  cifar100(const fs::path& folder, subset part)
      : labels_(read_names(folder / "fine_label_names.txt")),
        records_(read_records(folder / (part == subset::train ? "train.bin" : "test.bin"))) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t size() const override { return records_.size() / record_bytes; }
  [[nodiscard]] int image_size() const override { return side; }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return labels_; }
  [[nodiscard]] int label(std::size_t index) const override { return record(index)[1]; }

  [[nodiscard]] example at(std::size_t index) const override {
    const auto found = record(index);
    const auto planes = found.subspan(2);
    example made{{side, side, std::vector<std::uint8_t>(pixel_bytes)}, found[1]};
    for (std::size_t pixel = 0; pixel < plane_bytes; ++pixel) {
      for (std::size_t channel = 0; channel < 3; ++channel)
        made.picture.pixels[3 * pixel + channel] = planes[channel * plane_bytes + pixel];
    }
    return made;
  }

  void copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const override {
    if (chw.size() != pixel_bytes) {
      throw error(errc::bad_argument,
                  fmt::format("cifar100: a buffer of {} bytes was given; {} are expected", chw.size(), pixel_bytes));
    }
    const auto planes = record(index).subspan(2);
    std::copy(planes.begin(), planes.end(), chw.begin());
  }

 private:
  [[nodiscard]] std::span<const std::uint8_t> record(std::size_t index) const {
    if (index >= size())
      throw error(errc::bad_argument, fmt::format("cifar100: image {} was asked for; the set has {}", index, size()));
    return std::span(reinterpret_cast<const std::uint8_t*>(records_.data()), records_.size())
        .subspan(index * record_bytes, record_bytes);
  }

  std::string name_ = "cifar100";
  std::vector<std::string> labels_;
  std::string records_;
};

}  // namespace

std::unique_ptr<dataset> open_cifar100(const fs::path& folder, subset part) {
  return std::make_unique<cifar100>(folder, part);
}

}  // namespace dvfo::inference
