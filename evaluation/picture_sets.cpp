#include "evaluation/picture_sets.hpp"

#include <algorithm>

#include "inference/error.hpp"

namespace dvfo::evaluation {

using namespace inference;

spread_images::spread_images(const dataset& whole, std::size_t count)
    : whole_(whole), count_(count == 0 ? whole.size() : std::min(count, whole.size())) {}

std::size_t spread_images::place(std::size_t index) const {
  if (index >= count_) throw error(errc::bad_argument, "an image beyond the end of the chosen ones was asked for");
  return index * whole_.size() / count_;
}

example spread_images::at(std::size_t index) const { return whole_.at(place(index)); }
int spread_images::label(std::size_t index) const { return whole_.label(place(index)); }
void spread_images::copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const {
  whole_.copy_pixels(place(index), chw);
}

recoded_images::recoded_images(const dataset& originals, const encoder& encode, decoder decode)
    : originals_(originals), decode_(std::move(decode)) {
  coded_.reserve(originals.size());
  for (std::size_t i = 0; i < originals.size(); ++i) coded_.push_back(encode(originals.at(i).picture));
}

double recoded_images::bytes_mean() const {
  double sum = 0.0;
  for (const auto& each : coded_) sum += static_cast<double>(each.size());
  return coded_.empty() ? 0.0 : sum / static_cast<double>(coded_.size());
}

example recoded_images::at(std::size_t index) const {
  if (index >= coded_.size())
    throw error(errc::bad_argument, "an image beyond the end of the recoded ones was asked for");
  return {decode_(coded_[index]), originals_.label(index)};
}

}  // namespace dvfo::evaluation
