#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "files/folder.hpp"
#include "files/standard_streams.hpp"
#include "inference/image.hpp"

namespace dvfo::inference {

enum class subset { train, test };

/// One labelled example; the label indexes dataset::labels().
struct example {
  image picture;
  int label = 0;
};

/// Labelled square RGB images, addressed by index. Implementations are immutable after construction: every const
/// member may be called from several threads at once.
class dataset {
 public:
  virtual ~dataset() = default;

  /// The name that bundles record, e.g. "cifar100".
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// Side of every image in pixels.
  [[nodiscard]] virtual int image_size() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& labels() const = 0;
  /// Throws error(bad_argument) when index >= size(); folder sets also error(bad_image) and error(io).
  [[nodiscard]] virtual example at(std::size_t index) const = 0;
  /// The label alone, without decoding pixels where the set can. Throws error(bad_argument) when index >= size().
  [[nodiscard]] virtual int label(std::size_t index) const { return at(index).label; }
  /// Writes the image as three planes R, G, B of image_size()² bytes each, the layout that networks take, without an
  /// image in between where the set can. Throws error(bad_argument) when `chw` is not 3 × image_size()² long, else as
  /// at().
  virtual void copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const;
};

/// A data set in two: what is learned from, and `count` images, the last ones of every class in proportion, whatever
/// order the set is in. Both keep that order and refer to `whole`, which must outlive them. Throws
/// error(bad_argument) when the set is smaller than that.
struct held_back_parts {
  std::unique_ptr<dataset> kept;
  std::unique_ptr<dataset> held;
};
held_back_parts hold_back(const dataset& whole, std::size_t count);

/// CIFAR-100 in its official binary layout: records of 1 coarse label, 1 fine label, 1024 R, 1024 G, 1024 B bytes in
/// `folder`/train.bin or test.bin, and fine_label_names.txt. Throws error(bad_dataset) when a file is missing, its
/// size is no multiple of 3074 bytes, or a label is out of range.
std::unique_ptr<dataset> open_cifar100(const std::filesystem::path& folder, subset part);

/// `folder`/{train,val}/<class>/*.{jpg,jpeg,png}, classes in alphabetical order, each image resized and centre-cropped
/// to `image_size` when it is read. A classes.txt beside them may give readable names (lines
/// "wnid<space>index<space>name"). An entry that cannot be looked at, such as a link that leads nowhere, is left out
/// and told once. Throws error(bad_dataset) when the layout is not found or a class is empty.
std::unique_ptr<dataset> open_image_folder(const std::filesystem::path& folder, subset part, int image_size,
                                           const files::teller& tell = files::tell_line);

/// Deterministic procedural images that need no file: a textured shape on clutter, 32 × 32, 10 classes that differ in
/// shape (not in colour, place, size, rotation or texture), so that a linear model stays near chance. Image i of a
/// subset is a pure function of (seed, subset, i), the same on every machine.
std::unique_ptr<dataset> make_procedural(subset part, std::size_t count, std::uint64_t seed = 1);

/// Whether a folder looks like a data set that open_dataset opens; the opening may still find it damaged.
bool holds_dataset(const std::filesystem::path& folder);

/// Opens whatever `where` names: "procedural" (16,384 training or 1,024 test images), a folder that holds CIFAR-100's
/// binary files, or an ImageNet-style folder (image_size 224). A relative folder called "procedural" is reached as
/// "./procedural". Throws error(bad_dataset) that says what was found and what was looked for.
std::unique_ptr<dataset> open_dataset(const std::string& where, subset part,
                                      const files::teller& tell = files::tell_line);

}  // namespace dvfo::inference
