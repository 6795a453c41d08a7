#pragma once

#include <cstdint>
#include <string>

#include "configuration/settings.hpp"
#include "edge_node/board_settings.hpp"

namespace dvfo::edge_node {

/// How an edge node is set up, in the words and units of its flags. Values are checked by the settings table.
struct settings {
  std::string bundle = "cifar100";   ///< folder, or the name of one of the project's bundles
  std::string backend = "cpu-int8";  ///< as inference::name_of writes it
  std::string cloud = "inproc";      ///< "HOST:PORT", "inproc" or "none"
  double share = 0.5;                ///< ξ of the fixed scheme
  double deadline_ms = 1000.0;       ///< a task's time from admission to its answer
  double lambda = -1.0;              ///< weight of the local half; negative: the bundle's own for the share
  double connect_ms = 3000.0;        ///< how long the first task waits for the cloud
  std::int64_t offloads = 8;         ///< offloads in flight; a task beyond them stays on the edge
  std::int64_t threads = 1;          ///< LibTorch's threads inside one operator
  std::int64_t workers = 1;          ///< of the cloud in the same process, as are the next two
  std::int64_t max_batch = 16;
  double max_batch_delay_ms = 1.0;
  board_settings board;
};

/// Declares them in the table; `values` must outlive it.
void declare(configuration::settings_table& table, settings& values);

}  // namespace dvfo::edge_node
