#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "edge_node/edge_node.hpp"
#include "edge_node/report.hpp"

namespace dvfo::edge_node {

/// "decisions: 998 ready (99.8 %), 2 late, 0 stale" in one line; without a decision there is no share of them.
std::string to_text(const std::optional<decision_counts>& counts);

/// What the node counts, in Prometheus' text format 0.0.4: decisions by how they came, tasks by how they ended, and
/// whether a cloud is connected; what is not known or not wanted is left out.
std::string to_prometheus(const std::optional<decision_counts>& counts, const task_counts& totals,
                          std::optional<bool> link_up);

/// Writes them where node_exporter's textfile collector finds them: to a file beside it first, so that nobody reads
/// half of it. Throws std::runtime_error naming the file.
void write_prometheus(const std::filesystem::path& file, const std::string& text);

}  // namespace dvfo::edge_node
