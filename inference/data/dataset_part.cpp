#include <algorithm>
#include <numeric>
#include <utility>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"

namespace dvfo::inference {
namespace {

class dataset_part final : public dataset {
 public:
  dataset_part(const dataset& whole, std::vector<std::size_t> indices) : whole_(whole), indices_(std::move(indices)) {}

  [[nodiscard]] const std::string& name() const override { return whole_.name(); }
  [[nodiscard]] std::size_t size() const override { return indices_.size(); }
  [[nodiscard]] int image_size() const override { return whole_.image_size(); }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return whole_.labels(); }
  [[nodiscard]] example at(std::size_t index) const override { return whole_.at(in_whole(index)); }
  [[nodiscard]] int label(std::size_t index) const override { return whole_.label(in_whole(index)); }
  void copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const override {
    whole_.copy_pixels(in_whole(index), chw);
  }

 private:
  [[nodiscard]] std::size_t in_whole(std::size_t index) const {
    if (index < indices_.size()) return indices_[index];
    throw error(errc::bad_argument, name() + ": image " + std::to_string(index) + " was asked for; the part has " +
                                        std::to_string(indices_.size()));
  }

  const dataset& whole_;
  std::vector<std::size_t> indices_;
};

}  // namespace

held_back_parts hold_back(const dataset& whole, std::size_t count) {
  const std::size_t all = whole.size();
  if (count > all) {
    throw error(errc::bad_argument,
                whole.name() + ": " + std::to_string(count) + " images are to be held back of " + std::to_string(all));
  }
  std::vector<std::size_t> by_label(all);
  std::iota(by_label.begin(), by_label.end(), std::size_t{0});
  std::stable_sort(by_label.begin(), by_label.end(),
                   [&](std::size_t a, std::size_t b) { return whole.label(a) < whole.label(b); });
  std::vector<std::size_t> kept;
  std::vector<std::size_t> held;
  for (std::size_t first = 0, end = 0; first < all; first = end) {
    while (end < all && whole.label(by_label[end]) == whole.label(by_label[first])) ++end;
    const std::size_t of_this = end * count / all - first * count / all;
    for (std::size_t i = first; i < end; ++i) (i + of_this < end ? kept : held).push_back(by_label[i]);
  }
  std::sort(kept.begin(), kept.end());
  std::sort(held.begin(), held.end());
  return {std::make_unique<dataset_part>(whole, std::move(kept)),
          std::make_unique<dataset_part>(whole, std::move(held))};
}

}  // namespace dvfo::inference
