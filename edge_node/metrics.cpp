#include "edge_node/metrics.hpp"

#include <fmt/format.h>

#include <utility>

#include "configuration/settings.hpp"
#include "files/error.hpp"
#include "files/output.hpp"

namespace dvfo::edge_node {

std::string to_text(const std::optional<decision_counts>& counts) {
  if (!counts) return "decisions: not known, the policy did not answer";
  const auto all = counts->ready + counts->late + counts->stale + counts->defaulted;
  if (all == 0) return "decisions: none";
  auto text =
      fmt::format("decisions: {} ready ({:.2f} %), {} late, {} stale", counts->ready,
                  100.0 * static_cast<double>(counts->ready) / static_cast<double>(all), counts->late, counts->stale);
  if (counts->defaulted > 0)
    text += fmt::format(", {} by default: the policy failed or took too long", counts->defaulted);
  return text;
}

std::string to_prometheus(const std::optional<decision_counts>& counts, const task_counts& totals,
                          std::optional<bool> link_up) {
  const auto link = link_up ? fmt::format(
                                  "# HELP dvfo_link_up Whether a cloud is connected.\n"
                                  "# TYPE dvfo_link_up gauge\n"
                                  "dvfo_link_up {}\n",
                                  *link_up ? 1 : 0)
                            : std::string();
  const auto decisions =
      counts ? fmt::format(
                   "# HELP dvfo_decisions_total Decisions by whether they were there when their task came.\n"
                   "# TYPE dvfo_decisions_total counter\n"
                   "dvfo_decisions_total{{when=\"ready\"}} {}\n"
                   "dvfo_decisions_total{{when=\"late\"}} {}\n"
                   "dvfo_decisions_total{{when=\"stale\"}} {}\n"
                   "dvfo_decisions_total{{when=\"defaulted\"}} {}\n",
                   counts->ready, counts->late, counts->stale, counts->defaulted)
             : std::string();
  return link + decisions +
         fmt::format(
             "# HELP dvfo_tasks_total Tasks by how they ended; degraded ones are answered, too.\n"
             "# TYPE dvfo_tasks_total counter\n"
             "dvfo_tasks_total{{end=\"answered\"}} {}\n"
             "dvfo_tasks_total{{end=\"failed\"}} {}\n"
             "# HELP dvfo_degraded_tasks_total Tasks answered otherwise than decided.\n"
             "# TYPE dvfo_degraded_tasks_total counter\n"
             "dvfo_degraded_tasks_total {}\n",
             totals.answered, totals.failed, totals.degraded);
}

void write_prometheus(const std::filesystem::path& file, const std::string& text) {
  constexpr files::kind ours{"a file of DVFO's metrics",
                             [](std::string_view head) { return head.starts_with("# HELP dvfo_"); }};
  files::write_whole(file, text, ours);
}

metrics_file::metrics_file(std::filesystem::path file, files::teller tell)
    : file_(std::move(file)), tell_(std::move(tell)) {
  try {
    write_prometheus(file_, to_prometheus(std::nullopt, {}, std::nullopt));
  } catch (const files::error& problem) {
    throw configuration::usage_error(fmt::format("--metrics {}", problem.what()));
  }
}

bool metrics_file::write(const std::string& text) {
  try {
    write_prometheus(file_, text);
    if (fails_) tell_(fmt::format("--metrics {} is written again", file_.string()));
    fails_ = false;
    return true;
  } catch (const files::error& problem) {
    if (!fails_) tell_(fmt::format("--metrics {}; tasks go on, and this is tried again", problem.what()));
    fails_ = true;
    return false;
  }
}

}  // namespace dvfo::edge_node
