#include "evaluation/fusion.hpp"

#include "evaluation/timing.hpp"
#include "inference/bundle/weights.hpp"
#include "inference/measurement/logits.hpp"
#include "inference/model.hpp"

namespace dvfo::evaluation {
namespace {

using namespace inference;

std::vector<float> first_row(const torch::Tensor& logits) {
  const auto row = logits[0].contiguous();
  return {row.data_ptr<float>(), row.data_ptr<float>() + row.numel()};
}

const char* name_of(fusion_kind kind) {
  return kind == fusion_kind::fully_connected ? "fully connected" : "convolutional";
}

}  // namespace

fusion_report evaluate_fusion(const model_bundle& bundle, const dataset& data, const progress_callback& progress) {
  require_same_labels(bundle, data);
  const auto answers = collect_logits(bundle, data, 0, data.size(), progress);
  c10::InferenceMode inference;
  fusion_report report;
  report.reference_top1 = top1_percent(answers.reference, answers.labels);
  const auto add = [&](double share, const char* method, const torch::Tensor& fused, double milliseconds) {
    const double top1 = top1_percent(fused, answers.labels);
    report.rows.push_back({share, method, top1, report.reference_top1 - top1, 1000.0 * milliseconds});
  };
  const auto& fusions = bundle.tensors().fusions;
  for (std::size_t i = 0; i < fusions.size(); ++i) {
    const std::size_t s = 1 + i / 2;
    const auto& halves = answers.shares[s];
    if (i % 2 == 0) {
      const double lambda = bundle.manifest().figures[s].lambda;
      const auto local = first_row(halves.local);
      const auto remote = first_row(halves.remote);
      add(trained_shares[s], "weighted sum", fuse(halves, lambda),
          median_milliseconds([&] { static_cast<void>(fuse_weighted(local, remote, lambda)); }));
    }
    learned_fusion layer = fusions[i];
    const auto local = halves.local.narrow(0, 0, 1);
    const auto remote = halves.remote.narrow(0, 0, 1);
    add(trained_shares[s], name_of(layer->kind()), layer(halves.local, halves.remote),
        median_milliseconds([&] { static_cast<void>(layer(local, remote)); }));
  }
  return report;
}

}  // namespace dvfo::evaluation
