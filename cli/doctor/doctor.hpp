#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "device/identity.hpp"

/// `dvfo doctor`: what a machine offers to DVFO, and what to do about what it lacks. Without the tool's own parts, so
/// that it builds and is tested without LibTorch and CAF.
namespace dvfo::cli {

enum class health : std::uint8_t {
  ok,
  warning,  ///< works, but somebody should know
  missing,  ///< not there, or not for this process; without a remedy it is what this kind of board cannot offer
};

/// "ok", "warning" or "missing".
const char* to_string(health state);

/// One thing that was looked for.
struct doctor_row {
  std::string topic = {};  ///< "board", "clock", "power", …
  std::string thing = {};  ///< "gpu", "VDD_IN", …
  health state = health::ok;
  std::string found = {};   ///< what is there, with units; may be empty
  std::string reason = {};  ///< why it is not ok
  std::string remedy = {};  ///< what to do; empty if nothing can be done
};

struct doctor_options {
  /// File that dvfo-edge keeps the clocks in that it must put back; empty: var/lib/dvfo/clocks.state below the root.
  std::filesystem::path clock_state = {};
  /// Lets some time pass between two looks at the sensors, since load and RAPL power are differences. May be empty.
  std::function<void()> wait = {};
  /// Further checks (model bundle, cloud). What one throws becomes a missing row of its topic.
  struct check {
    std::string topic;
    std::string thing;
    std::string remedy;
    std::function<doctor_row()> run;
  };
  std::vector<check> more = {};
};

/// Looks at everything. Writes nothing: no clock, no state file, no folder. A thing that fails is a row, never an
/// exception.
std::vector<doctor_row> examine(const device::board_identity& board, const doctor_options& options);

/// Whether something is missing that its remedy can mend.
bool needs_attention(const std::vector<doctor_row>& rows);

/// A table for people, `width` columns wide, with reason and remedy under each row that has them and a summary.
std::string doctor_text(const std::vector<doctor_row>& rows, std::size_t width);

/// {"healthy": …, "rows": [{topic, thing, state, found, reason, remedy}]}.
nlohmann::json doctor_json(const std::vector<doctor_row>& rows);

}  // namespace dvfo::cli
