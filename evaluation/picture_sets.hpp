#pragma once

#include <functional>
#include <span>
#include <vector>

#include "inference/data/dataset.hpp"

/// Data sets made from others. They keep a reference: the data set that they are made from must outlive them.
namespace dvfo::evaluation {

/// `count` images of a data set (all where it is 0 or larger than the set) in their order, drawn at random, but always
/// the same ones. Neither the first images nor every tenth would do: folders come class by class, other sets with their
/// classes taking turns.
class sampled_images final : public inference::dataset {
 public:
  sampled_images(const inference::dataset& whole, std::size_t count);

  [[nodiscard]] const std::string& name() const override { return whole_.name(); }
  [[nodiscard]] std::size_t size() const override { return places_.size(); }
  [[nodiscard]] int image_size() const override { return whole_.image_size(); }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return whole_.labels(); }
  [[nodiscard]] inference::example at(std::size_t index) const override;
  [[nodiscard]] int label(std::size_t index) const override;
  void copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const override;

 private:
  [[nodiscard]] std::size_t place(std::size_t index) const;

  const inference::dataset& whole_;
  std::vector<std::size_t> places_;
};

/// The images of a data set as a receiver sees them who got them in a lossy format.
class recoded_images final : public inference::dataset {
 public:
  using encoder = std::function<std::vector<std::byte>(const inference::image&)>;
  using decoder = std::function<inference::image(std::span<const std::byte>)>;

  /// Encodes every image.
  recoded_images(const inference::dataset& originals, const encoder& encode, decoder decode);

  /// Bytes of a picture, mean.
  [[nodiscard]] double bytes_mean() const;

  [[nodiscard]] const std::string& name() const override { return originals_.name(); }
  [[nodiscard]] std::size_t size() const override { return coded_.size(); }
  [[nodiscard]] int image_size() const override { return originals_.image_size(); }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return originals_.labels(); }
  [[nodiscard]] inference::example at(std::size_t index) const override;
  [[nodiscard]] int label(std::size_t index) const override { return originals_.label(index); }

 private:
  const inference::dataset& originals_;
  decoder decode_;
  std::vector<std::vector<std::byte>> coded_;
};

}  // namespace dvfo::evaluation
