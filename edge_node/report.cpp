#include "edge_node/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "evaluation/percentile.hpp"
#include "inference/tasks/task.hpp"

namespace dvfo::edge_node {
namespace {

std::string dumped(const nlohmann::json& json) {
  // File names are bytes, JSON is UTF-8: what is not is replaced rather than an error.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Every key of a report, once: the writer and the reader both go through this table. What `derived` names follows from
/// other keys; it is written for those who read the line without this program.
template <class Side, class Report>
void each_key(Side& at, Report& report) {
  at.value("index", report.index);
  at.value("input", report.input);
  at.kind_if_there(report.truth);
  at.if_not("error", report.failure, std::string());
  if (!report.ok()) return;
  auto& cost = report.outcome;
  at.value("task", cost.task_id);
  at.kind(report.prediction);
  if (const auto is_correct = report.is_correct()) at.derived("correct", *is_correct);
  at.value("eta", report.eta);
  at.if_there("lambda", report.lambda);
  at.value("share_decided", cost.decided.share);
  at.value("share", cost.share);
  at.word("sends_decided", cost.decided.sends, policy::all_sendings);
  at.word("ran_on", cost.where, policy::all_places);
  at.word_or_null("degraded", cost.degraded, policy::all_degraded_reasons, policy::degraded_reason::none);
  at.value("tti_seconds", cost.tti);
  at.value("tti_serial_seconds", cost.tti_serial);
  at.derived("overhead_seconds", policy::overhead_seconds(cost));
  at.value("deadline_seconds", report.deadline_seconds);
  at.derived("in_deadline", report.is_in_time());
  at.group("stages_seconds", [&](auto& stages) {
    for (const auto& each : stage_keys) stages.value(each.name, cost.stages.*each.seconds);
  });
  at.value("wire_up_bytes", cost.wire_up_bytes);
  at.value("wire_down_bytes", cost.wire_down_bytes);
  at.value("remote_batch_size", cost.remote_batch_size);
  at.group("energy", [&](auto& energy) {
    energy.if_there("measured_joules", cost.eti_measured_joules);
    energy.if_there("estimated_joules", cost.eti_estimated_joules);
    // Also on a board whose power was fitted: this network was never measured on it (physics::cost_of).
    if (cost.eti_estimated_joules) energy.derived("estimate", "derived");
  });
  at.group("clocks_hz", [&](auto& clocks) {
    for (const auto which : device::all_knobs) clocks.if_there(device::to_string(which), cost.clocks[which]);
  });
  at.if_there("bandwidth_bps", cost.bandwidth_bps);
  at.if_not("host_overrun_seconds", cost.overrun_seconds, 0.0);
}

/// What is absent gets no key: never 0 and never null.
class writer {
 public:
  template <class Value>
  void value(const char* key, const Value& from) {
    json_[key] = from;
  }
  template <class Value>
  void if_there(const char* key, const std::optional<Value>& from) {
    if (from) json_[key] = *from;
  }
  template <class Value>
  void if_not(const char* key, const Value& from, const Value& nothing) {
    if (from != nothing) json_[key] = from;
  }
  template <class Word, class All>
  void word(const char* key, Word from, const All&) {
    json_[key] = to_string(from);
  }
  template <class Word, class All>
  void word_or_null(const char* key, Word from, const All& all, Word null) {
    json_[key] = nullptr;
    if (from != null) word(key, from, all);
  }
  template <class Kinds>
  void kind(const Kinds& from) {
    inference::each_field(*this, from);
  }
  template <class Kinds>
  void kind_if_there(const std::optional<Kinds>& from) {
    if (from) kind(*from);
  }
  template <class Value>
  void derived(const char* key, const Value& from) {
    json_[key] = from;
  }
  template <class Inside>
  void group(const char* key, const Inside& inside) {
    writer group;
    inside(group);
    json_[key] = std::move(group.json_);
  }

  [[nodiscard]] const nlohmann::json& json() const { return json_; }

 private:
  nlohmann::json json_ = nlohmann::json::object();
};

class reader {
 public:
  explicit reader(const nlohmann::json& json) : json_(&json) {}

  template <class Value>
  void value(const char* key, Value& to) const {
    const auto& from = at(key);
    if (!fits<Value>(from)) throw refusal(fmt::format("{} is {}", key, dumped(from)));
    from.get_to(to);
  }
  template <class Value>
  void if_there(const char* key, std::optional<Value>& to) const {
    if (json_->contains(key)) value(key, to.emplace());
  }
  template <class Value>
  void if_not(const char* key, Value& to, const Value&) const {
    if (json_->contains(key)) value(key, to);
  }
  template <class Word, class All>
  void word(const char* key, Word& to, const All& all) const {
    std::string text;
    value(key, text);
    const auto* const end = all.data() + all.size();
    const auto* const found = std::find_if(all.data(), end, [&](Word each) { return to_string(each) == text; });
    if (found == end) throw refusal(fmt::format("{} is \"{}\", which this program does not know", key, text));
    to = *found;
  }
  template <class Word, class All>
  void word_or_null(const char* key, Word& to, const All& all, Word null) const {
    to = null;
    if (!at(key).is_null()) word(key, to, all);
  }
  /// Where no kind's key is there, what is missing is said of the first.
  template <class Kinds>
  void kind(Kinds& to) const {
    choose(to);
    inference::each_field(*this, to);
  }
  template <class Kinds>
  void kind_if_there(std::optional<Kinds>& to) const {
    if (Kinds found; choose(found)) kind(to.emplace(std::move(found)));
  }
  template <class Value>
  void derived(const char*, const Value&) const {}
  template <class Inside>
  void group(const char* key, const Inside& inside) const {
    const reader group(at(key));
    if (!group.json_->is_object()) throw refusal(fmt::format("{} is {}", key, dumped(*group.json_)));
    inside(group);
  }

 private:
  static std::runtime_error refusal(const std::string& why) {
    return std::runtime_error("not the report of a task: " + why);
  }
  template <class Kinds>
  bool choose(Kinds& among) const {
    return inference::choose_kind(among, [&](const char* key) { return json_->contains(key); });
  }
  [[nodiscard]] const nlohmann::json& at(const char* key) const {
    const auto found = json_->find(key);
    if (found == json_->end()) throw refusal(fmt::format("it has no \"{}\"", key));
    return *found;
  }
  /// Conversions of the library are silent: -1 would come in as the largest number of tasks.
  template <class Value>
  static bool fits(const nlohmann::json& from) {
    if constexpr (std::is_same_v<Value, std::string>) {
      return from.is_string();
    } else if constexpr (std::is_floating_point_v<Value>) {
      return from.is_number();
    } else if constexpr (std::is_unsigned_v<Value>) {
      return from.is_number_unsigned() && std::in_range<Value>(from.get<std::uint64_t>());
    } else {
      return from.is_number_integer() && std::in_range<Value>(from.get<std::int64_t>());
    }
  }

  const nlohmann::json* json_;
};

}  // namespace

std::optional<bool> task_report::is_correct() const {
  if (!truth || !ok()) return std::nullopt;
  return inference::is_correct(prediction, *truth);
}

std::string to_line(const task_report& report) {
  writer to;
  each_key(to, report);
  return dumped(to.json());
}

task_report read_report(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) throw std::runtime_error("not the report of a task: it is no object of JSON");
  task_report report;
  const reader from(json);
  each_key(from, report);
  return report;
}

std::string failure_text(const task_report& report) {
  const auto& reason = report.failure;
  return reason.starts_with(report.input + ":") ? reason : fmt::format("{}: {}", report.input, reason);
}

std::string to_text(const task_report& report) {
  if (!report.ok()) return failure_text(report) + "\n";
  const auto& cost = report.outcome;
  const auto& stages = cost.stages;
  auto text = fmt::format("{}: {}\n", report.input, inference::to_text(report.prediction));
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

void summary::add(const task_report& report) {
  ++tasks;
  if (!report.ok()) {
    ++failed;
    return;
  }
  const auto& cost = report.outcome;
  ++answered;
  if (cost.degraded != policy::degraded_reason::none) ++degraded;
  if (report.is_in_time()) ++in_deadline;
  if (const auto is_correct = report.is_correct()) {
    ++labelled;
    if (*is_correct) ++correct;
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
