#include "evaluation/picture_sets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "inference/error.hpp"

namespace dvfo::evaluation {

using namespace inference;

sampled_images::sampled_images(const dataset& whole, std::size_t count) : whole_(whole), places_(whole.size()) {
  std::iota(places_.begin(), places_.end(), std::size_t{0});
  if (count == 0 || count >= whole.size()) return;
  // The engine's numbers are the same with every standard library, those of its distributions are not.
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < count; ++i) std::swap(places_[i], places_[i + random() % (places_.size() - i)]);
  places_.resize(count);
  std::ranges::sort(places_);
}

std::size_t sampled_images::place(std::size_t index) const {
  if (index < places_.size()) return places_[index];
  throw error(errc::bad_argument, fmt::format("image {} of a sample of {} was asked for", index, places_.size()));
}

example sampled_images::at(std::size_t index) const { return whole_.at(place(index)); }
int sampled_images::label(std::size_t index) const { return whole_.label(place(index)); }
void sampled_images::copy_pixels(std::size_t index, std::span<std::uint8_t> chw) const {
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
    throw error(errc::bad_argument, fmt::format("image {} of {} recoded ones was asked for", index, coded_.size()));
  return {decode_(coded_[index]), originals_.label(index)};
}

}  // namespace dvfo::evaluation
