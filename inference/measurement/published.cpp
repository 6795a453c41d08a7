#include "inference/measurement/published.hpp"

#include <algorithm>

#include "inference/batches.hpp"
#include "inference/published/given_weights.hpp"

namespace dvfo::inference {

published_accuracy measure_published(const std::filesystem::path& folder, const std::string& architecture_name,
                                     architecture_options sizes, const dataset& data, const count_callback& progress) {
  torch::NoGradGuard no_gradient;
  const auto weights = given_weights::load(folder);
  const auto rows = torch::tensor(weights.rows_of(data.labels()));
  sizes.classes = static_cast<int>(weights.labels.size());
  given_network net(make_architecture(architecture_name, sizes), weights);
  net->eval();
  published_accuracy out{.images = data.size(), .classes = weights.labels.size()};
  std::int64_t first = 0;
  std::int64_t among_five = 0;
  std::int64_t first_of_labels = 0;
  constexpr std::size_t at_once = 50;
  for (std::size_t i = 0; i < data.size(); i += at_once) {
    const std::size_t end = std::min(data.size(), i + at_once);
    const image_store store(data, i, end);
    const auto images = store.plain(0, at_once);
    const auto logits = net(images.images);
    const auto right = rows.index_select(0, images.labels).unsqueeze(1);
    const auto best = std::get<1>(logits.topk(5, 1)).eq(right);
    first += best.select(1, 0).sum().item<std::int64_t>();
    among_five += best.sum().item<std::int64_t>();
    first_of_labels += logits.index_select(1, rows).argmax(1).eq(images.labels).sum().item<std::int64_t>();
    progress(end, data.size());
  }
  const auto percent = [&](std::int64_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(out.images);
  };
  out.top1 = percent(first);
  out.top5 = percent(among_five);
  out.top1_of_labels = percent(first_of_labels);
  return out;
}

}  // namespace dvfo::inference
