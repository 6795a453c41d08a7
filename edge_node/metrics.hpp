#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"
#include "files/folder.hpp"

namespace dvfo::edge_node {

/// "decisions: 998 ready (99.8 %), 2 late, 0 stale" in one line; without a decision there is no share of them.
std::string to_text(const std::optional<decision_counts>& counts);

/// What the node counts, in Prometheus' text format 0.0.4: decisions by how they came, tasks by how they ended, and
/// whether a cloud is connected; what is not known or not wanted is left out.
std::string to_prometheus(const std::optional<decision_counts>& counts, const task_counts& totals,
                          std::optional<bool> link_up);

/// Writes them where node_exporter's textfile collector finds them, as a whole, so that nobody reads half of it. Throws
/// files::error naming the file: it cannot be written, or is no file of ours.
void write_prometheus(const std::filesystem::path& file, const std::string& text);

/// The file of --metrics: beside the answers, so it must not cost any. Not thread-safe.
class metrics_file {
 public:
  /// Writes counters of nothing, so that a wrong name, a missing folder or a full disk is found before the work begins.
  /// Throws configuration::usage_error. `tell` hears of what happens later.
  metrics_file(std::filesystem::path file, files::teller tell);

  /// Whether it is written. A failure is told once, and so is its end; in between every call tries again.
  bool write(const std::string& text);

 private:
  std::filesystem::path file_;
  files::teller tell_;
  bool fails_ = false;
};

}  // namespace dvfo::edge_node
