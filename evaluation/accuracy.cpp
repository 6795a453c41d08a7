#include "evaluation/accuracy.hpp"

#include <fmt/format.h>

#include <cmath>

#include "evaluation/timing.hpp"
#include "inference/architectures/architecture.hpp"
#include "inference/architectures/graph_cost.hpp"
#include "inference/architectures/part_costs.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/error.hpp"
#include "inference/measurement/logits.hpp"
#include "inference/model.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

/// Milliseconds of one image through the int8 local DNN at each width.
std::vector<double> time_local(const model_bundle& bundle, const dataset& data) {
  edge_model edge(bundle);
  const auto extracted = edge.extract(data.at(0).picture);
  std::vector<double> out;
  for (const double share : trained_shares) {
    if (share >= 1.0) continue;
    const auto split = split_channels(extracted.importance, share);
    out.push_back(
        median_milliseconds([&] { static_cast<void>(edge.infer_local(extracted.features, split.primary, share)); }));
  }
  return out;
}

}  // namespace

void require_same_labels(const model_bundle& bundle, const dataset& data) {
  if (data.labels() == bundle.manifest().labels) return;
  throw error(errc::bad_argument, fmt::format("bundle {} was trained on {} ({} classes), but the data set is {} ({} "
                                              "classes); give --data the set it was trained on",
                                              bundle.manifest().name, bundle.manifest().dataset,
                                              bundle.manifest().labels.size(), data.name(), data.labels().size()));
}

accuracy_report evaluate_accuracy(const model_bundle& bundle, const dataset& data, const progress_callback& progress) {
  require_same_labels(bundle, data);
  const auto answers = collect_logits(bundle, data, 0, data.size(), progress);
  const auto milliseconds = time_local(bundle, data);
  const auto net = architecture_of(bundle.manifest());
  const std::int64_t front_macs = std::llround(costs_of(net).front().flops / 2.0);
  const auto& widths = bundle.tensors().split->local->widths();
  const auto top1 = [&](const torch::Tensor& logits) { return top1_percent(logits, answers.labels); };

  accuracy_report report;
  report.images = data.size();
  report.reference_top1 = top1(answers.reference);
  for (std::size_t s = 0; s < trained_shares.size(); ++s) {
    const auto& halves = answers.shares[s];
    accuracy_row row;
    row.share = trained_shares[s];
    row.lambda = bundle.manifest().figures[s].lambda;
    row.top1 = top1(fuse(halves, row.lambda));
    row.top1_at_half = top1(fuse(halves, 0.5));
    row.loss_points = report.reference_top1 - row.top1;
    row.wire_bytes_mean = halves.wire_bytes_mean;
    row.front_macs = front_macs;
    if (halves.remote.defined()) {
      row.remote_top1 = top1(halves.remote);
      row.remote_macs = cost_of(net.trunk, 1.0).macs;
    }
    if (halves.local.defined()) {
      row.local_top1 = top1(halves.local);
      row.local_ms = milliseconds[s];
      row.local_macs = cost_of(net.trunk, widths[s]).macs;
    }
    report.rows.push_back(row);
  }
  return report;
}

}  // namespace dvfo::evaluation
