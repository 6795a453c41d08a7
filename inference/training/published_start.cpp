#include "inference/training/published_start.hpp"

#include "inference/training/channel_order.hpp"
#include "inference/training/width_fit.hpp"

namespace dvfo::inference {
namespace {

constexpr std::size_t statistics_images = 48;     // enough for the mean and variance of every channel
constexpr std::int64_t extracted_at_once = 25;    // pictures
constexpr std::size_t most_fitted_images = 1000;  // some 4 MB each: the maps of a block, as wanted and as seen

/// The first stage learns nothing; the bottleneck behind it learns, but not from the statistics of batches.
void keep_front(front& stage) {
  freeze_first_stage(stage);
  network extractor = stage->extractor();
  extractor->keep_statistics();
}

}  // namespace

published_start::published_start(const architecture& net, const given_weights& weights, const image_store& images,
                                 torch::Device device, const count_callback& progress)
    : device_(device), sample_(images.spread(statistics_images).images) {
  const auto all = images.plain(0, images.size()).images;
  given_ = given_network(net, order_channels(net, weights, all, progress));
  given_->eval();
  const auto [mean, deviation] = given_network_impl::colour_statistics();
  given_->net->adopt_statistics((sample_ - mean.view({1, 3, 1, 1})) / deviation.view({1, 3, 1, 1}));
}

void published_start::begin(reference_network& reference, split_network& split) {
  start_from_given(given_, sample_, reference);
  keep_front(reference->stage);
  reference->trunk->keep_statistics();
  keep_published(split);
  given_->to(device_);  // from here on it teaches; the other networks begin where they are
}

void keep_published(split_network& split) {
  keep_front(split->stage);
  freeze_later_half(split->remote);
  for (auto* trunk : {&split->local, &split->remote}) (*trunk)->keep_statistics();
}

attended extract(front& stage, const torch::Tensor& images, torch::Device device) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> features;
  std::vector<torch::Tensor> importance;
  for (const auto& part : images.split(extracted_at_once)) {
    const auto extracted = stage(part.to(device));
    features.push_back(extracted.features);
    importance.push_back(extracted.importance);
  }
  return {torch::cat(features), torch::cat(importance)};
}

namespace {

/// Pictures that closed forms are found on: what the reference makes of them and what the split network does.
struct fitted_pictures {
  torch::Tensor wanted;
  attended extracted;
};

fitted_pictures pictures_of(split_network& split, reference_network& reference, const image_store& images,
                            torch::Device device) {
  const auto all = images.spread(most_fitted_images).images;
  return {extract(reference->stage, all, device).features, extract(split->stage, all, device)};
}

}  // namespace

void fit_widths(split_network& split, reference_network& reference, const image_store& images, std::size_t first,
                torch::Device device, const count_callback& progress) {
  torch::NoGradGuard no_gradient;
  const auto [wanted, extracted] = pictures_of(split, reference, images, device);
  const auto widths = split->local->widths().size();
  for (std::size_t s = first; s < widths; ++s) {
    fit_width(*split->local, s, *reference->trunk, wanted, split->kept(extracted, s));
    progress(s + 1, widths);
  }
}

void fit_shares(split_network& split, reference_network& reference, const image_store& images, torch::Device device,
                const count_callback& progress) {
  torch::NoGradGuard no_gradient;
  const auto [wanted, extracted] = pictures_of(split, reference, images, device);
  const auto variants = split->remote->widths().size();
  split->remote->part_weights();
  for (std::size_t v = 0; v < variants; ++v) {
    fit_width(*split->remote, v, *reference->trunk, wanted, split->receive(extracted, v + 1));
    progress(v + 1, variants);
  }
}

}  // namespace dvfo::inference
