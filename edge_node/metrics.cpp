#include "edge_node/metrics.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace dvfo::edge_node {

std::string to_text(const std::optional<decision_counts>& counts) {
  if (!counts) return "decisions: not known, the policy did not answer";
  const auto all = counts->ready + counts->late + counts->stale;
  if (all == 0) return "decisions: none";
  return fmt::format("decisions: {} ready ({:.2f} %), {} late, {} stale", counts->ready,
                     100.0 * static_cast<double>(counts->ready) / static_cast<double>(all), counts->late,
                     counts->stale);
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
                   "dvfo_decisions_total{{when=\"stale\"}} {}\n",
                   counts->ready, counts->late, counts->stale)
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
  auto beside = file;
  beside += ".new";
  std::ofstream out(beside, std::ios::trunc);
  out << text;
  std::error_code failed;
  if (out.flush()) {
    out.close();
    std::filesystem::rename(beside, file, failed);
    if (!failed) return;
  }
  throw std::runtime_error(
      fmt::format("--metrics {}: the file cannot be written; name one in a folder that exists", file.string()));
}

}  // namespace dvfo::edge_node
