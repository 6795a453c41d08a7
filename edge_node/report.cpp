#include "edge_node/report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "evaluation/percentile.hpp"

namespace dvfo::edge_node {
namespace {

bool in_time(const answer& result, double deadline_seconds) {
  return result.ok() && result.outcome.tti <= deadline_seconds;
}

std::string class_name(const std::vector<std::string>& labels, std::size_t index) {
  return index < labels.size() ? labels[index] : fmt::format("class {}", index);
}

nlohmann::json stages_json(const policy::stage_seconds& stages) {
  return {{"extract", stages.extract},
          {"local", stages.local},
          {"encode", stages.encode},
          {"transfer", stages.transfer},
          {"remote_queue", stages.remote_queue},
          {"remote_decode", stages.remote_decode},
          {"remote_compute", stages.remote_compute},
          {"fuse", stages.fuse}};
}

// What is absent has no key: never 0 and never null.
nlohmann::json energy_json(const policy::outcome& cost) {
  auto json = nlohmann::json::object();
  if (cost.eti_measured_joules) json["measured_joules"] = *cost.eti_measured_joules;
  if (cost.eti_estimated_joules) {
    json["estimated_joules"] = *cost.eti_estimated_joules;
    // Also on a board whose power was fitted: this network was never measured on it (physics::cost_of).
    json["estimate"] = "derived";
  }
  return json;
}

nlohmann::json clocks_json(const device::clocks& clocks) {
  auto json = nlohmann::json::object();
  for (const auto which : device::all_knobs) {
    if (clocks[which]) json[device::to_string(which)] = *clocks[which];
  }
  return json;
}

}  // namespace

nlohmann::json to_json(const task_record& record, const std::vector<std::string>& labels, double deadline_seconds) {
  nlohmann::json json = {{"index", record.index}, {"input", record.name}};
  if (record.label) {
    json["label"] = *record.label;
    json["label_name"] = class_name(labels, static_cast<std::size_t>(*record.label));
  }
  const auto& result = record.result;
  if (!result.ok()) {
    json["error"] = result.failure;
    return json;
  }
  const auto& cost = result.outcome;
  json["task"] = cost.task_id;
  json["predicted"] = result.predicted;
  json["predicted_name"] = class_name(labels, result.predicted);
  json["probability"] = result.probabilities.at(result.predicted);
  if (record.label) json["correct"] = static_cast<std::size_t>(*record.label) == result.predicted;
  json["eta"] = result.eta;
  if (result.lambda) json["lambda"] = *result.lambda;
  json["share_decided"] = cost.decided.share;
  json["share"] = cost.share;
  json["sends_decided"] = policy::to_string(cost.decided.sends);
  json["ran_on"] = policy::to_string(cost.where);
  const bool degraded = cost.degraded != policy::degraded_reason::none;
  json["degraded"] = degraded ? nlohmann::json(policy::to_string(cost.degraded)) : nlohmann::json(nullptr);
  json["tti_seconds"] = cost.tti;
  json["tti_serial_seconds"] = cost.tti_serial;
  json["overhead_seconds"] = policy::overhead_seconds(cost);
  json["deadline_seconds"] = deadline_seconds;
  json["in_deadline"] = in_time(result, deadline_seconds);
  json["stages_seconds"] = stages_json(cost.stages);
  json["wire_up_bytes"] = cost.wire_up_bytes;
  json["wire_down_bytes"] = cost.wire_down_bytes;
  json["remote_batch_size"] = cost.remote_batch_size;
  json["energy"] = energy_json(cost);
  json["clocks_hz"] = clocks_json(cost.clocks);
  if (cost.bandwidth_bps) json["bandwidth_bps"] = *cost.bandwidth_bps;
  if (cost.overrun_seconds > 0.0) json["host_overrun_seconds"] = cost.overrun_seconds;
  return json;
}

std::string to_line(const nlohmann::json& json) {
  // File names are bytes, JSON is UTF-8: what is not is replaced rather than an error.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_text(const task_record& record, const std::vector<std::string>& labels) {
  const auto& result = record.result;
  if (!result.ok()) return fmt::format("{}: {}\n", record.name, result.failure);
  const auto& cost = result.outcome;
  const auto& stages = cost.stages;
  auto text = fmt::format("{}: {} ({:.1f} %)\n", record.name, class_name(labels, result.predicted),
                          100.0 * static_cast<double>(result.probabilities.at(result.predicted)));
  text += fmt::format(
      "  ran on {} at share {:.2f}{}; {} bytes sent, {} received\n", policy::to_string(cost.where), cost.share,
      cost.degraded == policy::degraded_reason::none ? std::string()
                                                     : fmt::format(", degraded: {}", policy::to_string(cost.degraded)),
      cost.wire_up_bytes, cost.wire_down_bytes);
  std::vector<std::string> parts;
  const auto part = [&](const char* name, double seconds) {
    if (seconds > 0.0) parts.push_back(fmt::format("{} {:.2f}", name, 1e3 * seconds));
  };
  part("extract", stages.extract);
  part("local", stages.local);
  part("encode", stages.encode);
  part("transfer", stages.transfer);
  part("cloud queue", stages.remote_queue);
  part("cloud decode", stages.remote_decode);
  part("cloud compute", stages.remote_compute);
  part("fuse", stages.fuse);
  text += fmt::format("  {:.2f} ms in all; ms by stage: {}\n", 1e3 * cost.tti, fmt::join(parts, ", "));
  if (const auto energy = policy::eti(cost); energy.joules) {
    text += fmt::format("  {:.2f} mJ, {}\n", 1e3 * *energy.joules, policy::to_string(energy.source));
  }
  return text;
}

void summary::add(const task_record& record, double deadline_seconds) {
  ++tasks;
  if (!record.result.ok()) {
    ++failed;
    return;
  }
  const auto& cost = record.result.outcome;
  ++answered;
  if (cost.degraded != policy::degraded_reason::none) ++degraded;
  if (in_time(record.result, deadline_seconds)) ++in_deadline;
  if (record.label) {
    ++labelled;
    if (static_cast<std::size_t>(*record.label) == record.result.predicted) ++correct;
  }
  wire_up_bytes += cost.wire_up_bytes;
  wire_down_bytes += cost.wire_down_bytes;
  tti_seconds.push_back(cost.tti);
}

std::string to_text(const summary& totals) {
  auto text = fmt::format("{} tasks: {} answered ({} in time, {} degraded), {} failed", totals.tasks, totals.answered,
                          totals.in_deadline, totals.degraded, totals.failed);
  if (totals.labelled > 0) {
    text += fmt::format("; {:.2f} % of {} correct",
                        100.0 * static_cast<double>(totals.correct) / static_cast<double>(totals.labelled),
                        totals.labelled);
  }
  if (totals.answered > 0) {
    const auto count = static_cast<double>(totals.answered);
    text += fmt::format(
        "; {:.2f} ms p50, {:.2f} ms p99; {:.0f} bytes up, {:.0f} down a task",
        1e3 * evaluation::percentile(totals.tti_seconds, 0.5), 1e3 * evaluation::percentile(totals.tti_seconds, 0.99),
        static_cast<double>(totals.wire_up_bytes) / count, static_cast<double>(totals.wire_down_bytes) / count);
  }
  return text;
}

}  // namespace dvfo::edge_node
