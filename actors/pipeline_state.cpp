#include <algorithm>
#include <utility>

#include "actors/pipeline.hpp"

namespace dvfo::actors {

time_point pipeline_state::answer_by(const task_run& run) const {
  auto reserve = options.answer_reserve;
  if (run.share() >= 1.0 && run.needs_rescue()) {
    reserve += rescue.value();
    if (!run.is_extracted()) reserve += front.value();
  }
  return run.admitted().deadline - std::chrono::duration_cast<time_point::duration>(reserve);
}

time_point pipeline_state::decide_by(const admitted_task& task, time_point now) {
  const auto part =
      std::chrono::duration_cast<time_point::duration>((task.deadline - now) * defaults::pipeline::decision_part);
  return now + std::min<time_point::duration>(part, defaults::pipeline::decision_patience);
}

sensed_state pipeline_state::sense() const {
  const auto behind = std::count_if(tasks.begin(), tasks.end(), [](const auto& each) {
    return each.second.run.needs_front() && !each.second.run.is_extracted();
  });
  return {.in_force = in_force,
          .waiting_tasks = static_cast<double>(behind),
          .thinking_share = thinking_share,
          .celsius = celsius};
}

void pipeline_state::on_begin(time_point now) {
  if (began && sensed && *sensed >= *began && now > *began) {
    thinking_share = seconds_between(*sensed, now) / seconds_between(*began, now);
  }
  began = now;
}

void pipeline_state::settle_energy(policy::outcome& cost, time_point now) {
  cost.clocks = in_force;
  cost.bandwidth_bps = bandwidth_bps;
  cost.eti_measured_joules = energy.end_task(cost.task_id, now);
  if (options.estimate_joules) cost.eti_estimated_joules = options.estimate_joules(cost);
}

std::optional<prepared_decision> pipeline_state::take_prepared(const task_terms& terms) {
  if (!prepared || prepared->terms != terms) return std::nullopt;
  return std::exchange(prepared, std::nullopt);
}

std::optional<pipeline_state::undecided_task> pipeline_state::take_undecided(std::uint64_t id) {
  auto node = undecided.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

}  // namespace dvfo::actors
