#include "policy/outcome.hpp"

#include <algorithm>

namespace dvfo::policy {

const char* to_string(degraded_reason reason) {
  switch (reason) {
    case degraded_reason::none:
      return "none";
    case degraded_reason::link_down:
      return "link_down";
    case degraded_reason::window_full:
      return "window_full";
    case degraded_reason::cloud_late:
      return "cloud_late";
    case degraded_reason::cloud_refused:
      return "cloud_refused";
    case degraded_reason::cloud_failed:
      return "cloud_failed";
    case degraded_reason::undecided:
      return "undecided";
    case degraded_reason::offload_failed:
      return "offload_failed";
  }
  return "unknown";
}

const char* to_string(ran_on place) {
  switch (place) {
    case ran_on::edge:
      return "edge";
    case ran_on::cloud:
      return "cloud";
    case ran_on::both:
      return "both";
  }
  return "unknown";
}

const char* to_string(energy_source source) {
  switch (source) {
    case energy_source::none:
      return "none";
    case energy_source::measured:
      return "measured";
    case energy_source::estimated:
      return "estimated";
  }
  return "unknown";
}

task_energy eti(const outcome& result) {
  if (result.eti_measured_joules) return {result.eti_measured_joules, energy_source::measured};
  if (result.eti_estimated_joules) return {result.eti_estimated_joules, energy_source::estimated};
  return {};
}

double serial_seconds(const stage_seconds& stages) {
  return stages.extract + stages.local + stages.encode + stages.transfer + stages.remote_queue + stages.remote_decode +
         stages.remote_compute + stages.fuse;
}

double overhead_seconds(const outcome& result) {
  const auto& stages = result.stages;
  const double remote = stages.encode + stages.remote_compute + stages.remote_decode;
  const bool is_serial = result.decided.sends.when == moment::on_appeal;
  const double halves = is_serial ? stages.local + remote : std::max(stages.local, remote);
  return result.tti - (stages.extract + halves + stages.fuse);
}

}  // namespace dvfo::policy
