#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every number that the actors start from, with its unit and its reason. Compositions may override each through the
/// options structs.
namespace dvfo::actors::defaults {

using namespace std::chrono_literals;

namespace gateway {
/// Tasks admitted and not yet answered. Overflow policy: the newest is refused as busy. Enough to keep every stage of a
/// pipeline occupied; more would only wait past their deadlines.
inline constexpr std::size_t max_admitted = 64;
}  // namespace gateway

namespace pipeline {
/// Left between the cloud's last useful reply and the deadline: fusing and answering take tens of microseconds, a busy
/// scheduler some milliseconds.
inline constexpr auto answer_reserve = 5ms;
/// First guess of the full-width local DNN's time, for the rescue of a task that had no local half; replaced by what is
/// measured.
inline constexpr auto rescue_time = 20ms;
/// A measured rescue time is multiplied by this, because the run that matters comes when others wait too.
inline constexpr double rescue_margin = 1.5;
/// Jobs with local_inference: one that it computes and one that it goes on with at once. Overflow policy: jobs wait in
/// the pipeline, and leave with their tasks.
inline constexpr std::size_t local_window = 2;
/// Offload times its own request; what it has not answered so long after that is given up.
inline constexpr auto partner_grace = 1ms;
/// Longest wait for a decision that is not ready, as a part of the task's time, so that the edge can still answer …
inline constexpr double decision_part = 0.25;
/// … and at most. A scheme thinks for microseconds to milliseconds; who has not decided by then never will.
inline constexpr auto decision_patience = 1s;
}  // namespace pipeline

namespace offload {
/// Offloads in flight. Overflow policy: the task stays local. CAF bounds no buffer itself, so this bounds memory: 8
/// frames.
inline constexpr std::size_t window = 8;
/// An offload with less time than this to its deadline is not sent: even loopback needs about this long.
inline constexpr auto shortest_wait = 1ms;
}  // namespace offload

namespace power {
/// Between readings where the sensor names no interval of its own: the INA3221 of a Jetson with JetPack 5 averages over
/// 430 ms.
inline constexpr auto interval = 430ms;
/// Reading goes on this long after the last task: some sensor intervals, so that a stream with gaps is not blind at
/// each start, and short enough that an idle node sleeps.
inline constexpr auto lease = 2s;
/// The pipeline renews the lease at most this often.
inline constexpr auto renewal = 1s;
/// Power is held this many sensor intervals without a new reading; then it is unknown, not extrapolated.
inline constexpr double held_intervals = 3.0;
/// Power is held at least this long: a thread on a busy machine may wait some scheduler slices for its core.
inline constexpr auto shortest_hold = 100ms;
/// Reading no oftener than this, whatever the sensor could: a counter (RAPL, 1 ms) loses nothing by it, and a wake-up
/// costs some tens of microseconds.
inline constexpr auto shortest_interval = 20ms;
}  // namespace power

namespace remote_inference {
/// Models that compute at once. Each holds a copy of the weights and wants cores of its own; more than one serves a
/// cloud with more cores than one pass can use.
inline constexpr std::int64_t workers = 1;
/// Requests of one share in one pass.
inline constexpr std::size_t max_batch = 16;
/// Longest that a request waits for others of its share while a worker is free: about a tenth of one pass on two cores.
inline constexpr auto max_batch_delay = 1ms;
/// Requests waiting for a worker. Overflow policy: the newest is refused as busy. 16 full batches.
inline constexpr std::size_t max_queue = 256;
}  // namespace remote_inference

namespace link {
/// One attempt to connect (TCP and CAF's handshake).
inline constexpr auto connect_timeout = 2s;
/// The cloud's reply to hello.
inline constexpr auto hello_timeout = 2s;
/// Wait before the second attempt; doubles with each further one.
inline constexpr auto first_retry = 100ms;
/// Upper end of the doubling: how long a cloud that is back may go unnoticed.
inline constexpr auto longest_retry = 5s;
/// Each wait is stretched by a random factor in [1, 1 + this], so that many edges do not come back in step.
inline constexpr double retry_jitter = 0.25;
/// Requests without reply in a row after which the link is given up although nobody closed it.
inline constexpr std::uint32_t suspicious_timeouts = 8;
}  // namespace link

namespace system {
/// Scheduler threads; the default work-stealing policy is replaced by quiet_sharing, which does not poll.
inline constexpr std::size_t scheduler_threads = 2;
/// LibTorch's threads inside one operator. The networks here are small: a second thread waits longer than it computes,
/// and takes a core from the other workers.
inline constexpr std::int64_t operator_threads = 1;
/// On an edge one is enough, because nothing that it runs blocks or computes for long, and any more would hand a task
/// from thread to thread: with two, four of twelve voluntary context switches a task were that.
inline constexpr std::size_t edge_scheduler_threads = 1;
/// Between two heartbeats on a link, both directions.
inline constexpr auto heartbeat_interval = 1s;
/// A peer that was silent for so long is gone. Longer than the slowest single message: 100 kB at 100 kbit/s take 8 s.
inline constexpr auto connection_timeout = 10s;
}  // namespace system

}  // namespace dvfo::actors::defaults
