#include "messages/experience.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "dvfo/v1/experience.pb.h"
#include "messages/text.hpp"

namespace dvfo::messages {
namespace {

void append_varint(std::string& to, std::size_t value) {
  for (; value >= 0x80U; value >>= 7U) to.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
  to.push_back(static_cast<char>(value));
}

std::string delimited(const google::protobuf::MessageLite& message) {
  std::string out;
  append_varint(out, message.ByteSizeLong());
  message.AppendToString(&out);
  return out;
}

void put(v1::ExperienceClocks& out, const experience_clocks& clocks) {
  if (clocks[0]) out.set_cpu_hz(*clocks[0]);
  if (clocks[1]) out.set_gpu_hz(*clocks[1]);
  if (clocks[2]) out.set_memory_hz(*clocks[2]);
}

experience_clocks taken(const v1::ExperienceClocks& in) {
  experience_clocks out;
  if (in.has_cpu_hz()) out[0] = in.cpu_hz();
  if (in.has_gpu_hz()) out[1] = in.gpu_hz();
  if (in.has_memory_hz()) out[2] = in.memory_hz();
  return out;
}

/// Words that a byte holds; the fields are wider on the wire, and 256 must not come in as 0.
std::string fault_of(const v1::Experience& in) {
  constexpr unsigned last_carrier = 3;
  constexpr unsigned last_reason = 70;
  if (in.sends() > last_carrier) return fmt::format("sends is {}, expected 0 to {}", in.sends(), last_carrier);
  if (in.degraded() > last_reason) return fmt::format("degraded is {}, expected 0 to {}", in.degraded(), last_reason);
  return {};
}

/// The first field that cannot be; empty if all can.
std::string fault_of(const experience& task) {
  const auto is_share = [](double value) { return value >= 0.0 && value <= 1.0; };
  const auto is_amount = [](double value) { return std::isfinite(value) && value >= 0.0; };
  const auto wrong = [](const char* field, double value, const char* expected) {
    return fmt::format("{} is {}, expected {}", field, value, expected);
  };
  if (!is_share(task.eta)) return wrong("eta", task.eta, "0 to 1");
  if (task.lambda && !is_share(*task.lambda)) return wrong("lambda", *task.lambda, "0 to 1");
  if (!is_share(task.share)) return wrong("share", task.share, "0 to 1");
  if (!is_share(task.previous_share)) return wrong("previous_share", task.previous_share, "0 to 1");
  if (!is_share(task.share_as_run)) return wrong("share_as_run", task.share_as_run, "0 to 1");
  for (const auto* clocks : {&task.previous_clocks, &task.in_force, &task.clocks}) {
    for (const auto& hz : *clocks) {
      if (hz && !is_amount(*hz)) return wrong("a clock", *hz, "hertz, at least 0");
    }
  }
  const std::array amounts = {
      std::pair("bandwidth_bps", task.bandwidth_bps.value_or(0.0)),
      std::pair("rtt_seconds", task.rtt_seconds.value_or(0.0)), std::pair("waiting_tasks", task.waiting_tasks),
      std::pair("thinking_share", task.thinking_share), std::pair("joules", task.joules.value_or(0.0))};
  for (const auto& [field, value] : amounts) {
    if (!is_amount(value)) return wrong(field, value, "a finite number, at least 0");
  }
  if (!std::isfinite(task.tti_seconds)) return wrong("tti_seconds", task.tti_seconds, "a finite number");
  if (task.celsius && !std::isfinite(*task.celsius)) return wrong("celsius", *task.celsius, "a finite number");
  for (const float weight : task.importance) {
    if (!is_amount(static_cast<double>(weight))) return wrong("importance", static_cast<double>(weight), "at least 0");
  }
  return {};
}

experience to_experience(const v1::Experience& in) {
  const auto some = [](bool has, double value) { return has ? std::optional(value) : std::nullopt; };
  return {.task_id = in.task_id(),
          .eta = in.eta(),
          .lambda = some(in.has_lambda(), in.lambda()),
          .importance = {in.importance().begin(), in.importance().end()},
          .bandwidth_bps = some(in.has_bandwidth_bps(), in.bandwidth_bps()),
          .rtt_seconds = some(in.has_rtt_seconds(), in.rtt_seconds()),
          .link_up = in.link_up(),
          .previous_clocks = taken(in.previous_clocks()),
          .previous_share = in.previous_share(),
          .in_force = taken(in.in_force()),
          .celsius = some(in.has_celsius(), in.celsius()),
          .waiting_tasks = in.waiting_tasks(),
          .thinking_share = in.thinking_share(),
          .clocks = taken(in.clocks()),
          .share = in.share(),
          .sends = static_cast<std::uint8_t>(in.sends()),
          .tti_seconds = in.tti_seconds(),
          .joules = some(in.has_joules(), in.joules()),
          .is_measured = in.is_measured(),
          .share_as_run = in.share_as_run(),
          .degraded = static_cast<std::uint8_t>(in.degraded())};
}

}  // namespace

std::string encode_delimited(const experience_header& header) {
  v1::ExperienceHeader out;
  out.set_format_version(experience_version);
  out.set_board(clean_text(header.board));
  out.set_network(clean_text(header.network));
  out.set_scheme(clean_text(header.scheme));
  out.set_max_power_watts(header.max_power_watts);
  return delimited(out);
}

std::string encode_delimited(const experience& task) {
  v1::Experience out;
  out.set_task_id(task.task_id);
  out.set_eta(task.eta);
  if (task.lambda) out.set_lambda(*task.lambda);
  out.mutable_importance()->Add(task.importance.begin(), task.importance.end());
  if (task.bandwidth_bps) out.set_bandwidth_bps(*task.bandwidth_bps);
  if (task.rtt_seconds) out.set_rtt_seconds(*task.rtt_seconds);
  out.set_link_up(task.link_up);
  put(*out.mutable_previous_clocks(), task.previous_clocks);
  out.set_previous_share(task.previous_share);
  put(*out.mutable_in_force(), task.in_force);
  if (task.celsius) out.set_celsius(*task.celsius);
  out.set_waiting_tasks(task.waiting_tasks);
  out.set_thinking_share(task.thinking_share);
  put(*out.mutable_clocks(), task.clocks);
  out.set_share(task.share);
  out.set_sends(task.sends);
  out.set_tti_seconds(task.tti_seconds);
  if (task.joules) out.set_joules(*task.joules);
  out.set_is_measured(task.is_measured);
  out.set_share_as_run(task.share_as_run);
  out.set_degraded(task.degraded);
  return delimited(out);
}

/// The next message's bytes; absent at the end.
std::optional<std::string_view> experience_reader::take() {
  if (rest_.empty()) return std::nullopt;
  std::size_t size = 0;
  std::size_t used = 0;
  for (unsigned shift = 0;; shift += 7U) {
    if (used == rest_.size()) {
      is_cut_off_ = true;
      rest_ = {};
      return std::nullopt;
    }
    const auto byte = static_cast<unsigned char>(rest_[used++]);
    size |= static_cast<std::size_t>(byte & 0x7fU) << shift;
    if (byte < 0x80U) break;
    if (shift >= 21U) break;
  }
  if (size > max_experience_bytes) {
    throw std::runtime_error(
        fmt::format("message {} has {} bytes, expected at most {}; this is no experience file, or a "
                    "damaged one",
                    taken_, size, max_experience_bytes));
  }
  if (rest_.size() - used < size) {
    is_cut_off_ = true;
    rest_ = {};
    return std::nullopt;
  }
  const auto message = rest_.substr(used, size);
  rest_.remove_prefix(used + size);
  ++taken_;
  return message;
}

experience_header experience_reader::header() {
  const auto bytes = take();
  v1::ExperienceHeader in;
  if (!bytes || !in.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    throw std::runtime_error(
        "it does not begin with the header of an experience file; dvfo-edge --record writes such files");
  }
  if (in.format_version() != experience_version) {
    throw std::runtime_error(
        fmt::format("it is of format version {}, expected {}", in.format_version(), experience_version));
  }
  return {.board = clean_text(in.board()),
          .network = clean_text(in.network()),
          .scheme = clean_text(in.scheme()),
          .max_power_watts = in.max_power_watts()};
}

std::optional<experience> experience_reader::next() {
  const auto bytes = take();
  if (!bytes) return std::nullopt;
  v1::Experience in;
  if (!in.ParseFromArray(bytes->data(), static_cast<int>(bytes->size()))) {
    throw std::runtime_error(fmt::format("message {} is no experience; the file is damaged there", taken_));
  }
  if (const auto fault = fault_of(in); !fault.empty()) {
    throw std::runtime_error(fmt::format("task {}: {}", in.task_id(), fault));
  }
  auto task = to_experience(in);
  if (const auto fault = fault_of(task); !fault.empty()) {
    throw std::runtime_error(fmt::format("task {}: {}", task.task_id, fault));
  }
  return task;
}

}  // namespace dvfo::messages
