#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "policy/decision.hpp"

namespace dvfo::policy {

/// Why a task was answered otherwise than decided. The numbers appear in files of experience and never change their
/// meaning.
enum class degraded_reason : std::uint8_t {
  none = 0,
  link_down = 10,       ///< no cloud was connected, or the link broke while the task was away
  window_full = 20,     ///< too many offloads in flight already
  cloud_late = 30,      ///< no reply in the time that the deadline leaves
  cloud_refused = 40,   ///< the cloud was busy, or the task expired in its queue
  cloud_failed = 50,    ///< the cloud answered with an error
  offload_failed = 60,  ///< encoding here or reading the reply failed
  undecided = 70,       ///< the policy failed or took too long: edge only, the clocks left as they stood
};

inline constexpr std::array all_degraded_reasons{degraded_reason::none,           degraded_reason::link_down,
                                                 degraded_reason::window_full,    degraded_reason::cloud_late,
                                                 degraded_reason::cloud_refused,  degraded_reason::cloud_failed,
                                                 degraded_reason::offload_failed, degraded_reason::undecided};

/// The reason's name as it appears in logs, reports and on the command line, e.g. "cloud_late".
const char* to_string(degraded_reason reason);

/// Where the logits of the answer come from.
enum class ran_on : std::uint8_t { edge = 0, cloud = 1, both = 2 };

inline constexpr std::array all_places{ran_on::edge, ran_on::cloud, ran_on::both};

/// "edge", "cloud" or "both".
const char* to_string(ran_on place);

/// Wall-clock seconds of each stage of one task; 0 for a stage that did not run.
struct stage_seconds {
  double extract = 0.0;         ///< preparation, extractor and SCAM
  double local = 0.0;           ///< int8 local DNN
  double encode = 0.0;          ///< feature codec on the edge
  double transfer = 0.0;        ///< both ways over the link: remote round trip less queue, decode and compute there
  double remote_queue = 0.0;    ///< waiting in the cloud for a batch and a worker
  double remote_decode = 0.0;   ///< feature codec in the cloud
  double remote_compute = 0.0;  ///< remote DNN, the whole batch's pass
  double fuse = 0.0;
  friend bool operator==(const stage_seconds&, const stage_seconds&) = default;
};

/// What one task cost.
struct outcome {
  std::uint64_t task_id = 0;
  decision decided;    ///< as the scheme decided
  double share = 0.0;  ///< as it ran: 0 where the cloud was known to be away or the rescue ran
  ran_on where = ran_on::edge;
  degraded_reason degraded = degraded_reason::none;
  stage_seconds stages;
  double tti =
      0.0;  ///< seconds from admission to the answer: the parallel pipeline's wall clock (what the reward uses)
  double tti_serial = 0.0;  ///< the stages in series, as DVFO Eq. 9 adds them, to compare with the paper's tables
  std::optional<double> eti_measured_joules;   ///< ETI: its share of the measured energy; absent without a power sensor
  std::optional<double> eti_estimated_joules;  ///< ETI by the board's power model; absent where the board has none
  std::optional<double> bandwidth_bps;         ///< of the link, as estimated when it was answered; absent until known
  device::clocks clocks;                       ///< in force when it was answered; absent without an actuator
  double overrun_seconds = 0.0;     ///< deducted from tti: what this host took longer than the board that it simulates
  std::uint64_t wire_up_bytes = 0;  ///< edge to cloud, message headers included, TCP/IP not
  std::uint64_t wire_down_bytes = 0;    ///< cloud to edge, likewise
  std::uint32_t remote_batch_size = 0;  ///< tasks that shared the cloud's pass; 0 without one
  friend bool operator==(const outcome&, const outcome&) = default;
};

/// Where a task's ETI comes from.
enum class energy_source : std::uint8_t { none = 0, measured = 1, estimated = 2 };

/// "none", "measured" or "estimated".
const char* to_string(energy_source source);

/// A task's ETI (DVFO Eq. 10–12, and the power while waiting): measured where it is, else estimated.
struct task_energy {
  std::optional<double> joules;
  energy_source source = energy_source::none;
};
task_energy eti(const outcome& result);

/// Sum of all stages (DVFO Eq. 9: local, compression, transfer and cloud one after the other).
double serial_seconds(const stage_seconds& stages);

/// What the actor system itself cost: tti less extraction, the longer of the two halves' compute, and fusion. Waiting
/// for the link counts as cost, so read it on loopback or with the cloud in-process.
double overhead_seconds(const outcome& result);

}  // namespace dvfo::policy
