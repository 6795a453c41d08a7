#include "evaluation/skew.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "evaluation/picture_sets.hpp"
#include "inference/model.hpp"

namespace dvfo::evaluation {
namespace {

constexpr std::size_t progress_step = 50;

double sum_of_first(const std::vector<double>& values, std::size_t count) {
  return std::accumulate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(count, values.size())),
                         0.0);
}

}  // namespace

skew_report evaluate_skew(const inference::model_bundle& bundle, const inference::dataset& data, std::size_t count,
                          const progress_callback& progress) {
  const sampled_images images(data, count);
  inference::edge_model edge(bundle);
  skew_report report;
  report.images = images.size();
  report.importance.resize(static_cast<std::size_t>(bundle.manifest().format.channels));
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto importance = edge.extract(images.at(i).picture).importance;
    std::ranges::sort(importance, std::greater<>());
    for (std::size_t rank = 0; rank < importance.size(); ++rank) {
      report.importance[rank] += static_cast<double>(importance[rank]) / static_cast<double>(images.size());
    }
    if ((i + 1) % progress_step == 0 || i + 1 == images.size()) progress(i + 1, images.size());
  }
  report.tenth_channels = (report.importance.size() + 9) / 10;
  report.top_three = sum_of_first(report.importance, 3);
  report.top_tenth = sum_of_first(report.importance, report.tenth_channels);
  return report;
}

}  // namespace dvfo::evaluation
