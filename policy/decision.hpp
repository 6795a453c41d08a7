#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "device/clocks.hpp"

/// What a scheme sees and what it decides (DVFO §5.1: state and action). No actor and no LibTorch type appears here.
namespace dvfo::policy {

/// What travels to the cloud for the offloaded share. DVFO sends features; the others are what its rivals send.
enum class payload : std::uint8_t {
  features,    ///< secondary channels of the feature map, quantised (DVFO §5.2)
  input,       ///< the input's own values, uncompressed
  compressed,  ///< the input as JPEG, or as Opus where it is speech
};

/// When it travels.
enum class moment : std::uint8_t {
  at_once,    ///< as soon as it is there, beside what the edge computes
  on_appeal,  ///< once the whole local DNN has answered and its answer is doubted
};

/// What is sent, and when.
struct sending {
  payload what = payload::features;
  moment when = moment::at_once;
  friend bool operator==(const sending&, const sending&) = default;

  // Those that some scheme uses.
  static const sending features;
  static const sending input;
  static const sending compressed;
  static const sending appeal;
};

inline constexpr sending sending::features{};
inline constexpr sending sending::input{.what = payload::input};
inline constexpr sending sending::compressed{.what = payload::compressed};
inline constexpr sending sending::appeal{.what = payload::compressed, .when = moment::on_appeal};

/// Their places here are their numbers in records, and never change.
inline constexpr std::array all_sendings{sending::features, sending::input, sending::compressed, sending::appeal};

/// "features", "input", "compressed" or "appeal"; "unknown" for what no scheme uses.
const char* to_string(const sending& what);

/// The number in records. Throws std::invalid_argument for what no scheme uses.
std::uint8_t number_of(const sending& what);

/// (f_C, f_G, f_M, ξ) for one task (DVFO Table 2). A frequency that is absent is left as it stands.
struct decision {
  device::clocks clocks;
  double share = 0.0;  ///< offloaded share ξ of the feature channels, 0 (edge only) … 1 (cloud only)
  sending sends = sending::features;
  friend bool operator==(const decision&, const decision&) = default;
};

/// The state that a decision is made from: S = {λ, η, x~p(a), B} (DVFO §5.1) and what is needed beside it.
struct situation {
  double eta = 0.5;                     ///< weight of energy against latency in the cost, DVFO Eq. 4: 1 = energy only
  std::optional<double> lambda;         ///< weight of the local half that the user asks for; absent: the bundle's own
  std::vector<float> importance;        ///< x~p(a) of the newest task, sum 1; empty before the first
  std::optional<double> bandwidth_bps;  ///< bits per second towards the cloud; absent until measured
  std::optional<double> rtt_seconds;    ///< bare round trip; absent until measured
  bool link_up = false;                 ///< whether a cloud can be reached
  decision previous = {};               ///< a_(t−1); before the first task: edge only
  device::clocks in_force = {};         ///< clocks now, which may still be on their way to the previous decision's
  std::optional<double> celsius = {};   ///< of the die; absent without a sensor
  double waiting_tasks = 0.0;           ///< that have arrived and not begun
  double thinking_share =
      0.0;  ///< t_AS/H as it was last: time from sensing to the decision's effect, in task intervals
  friend bool operator==(const situation&, const situation&) = default;
};

}  // namespace dvfo::policy
