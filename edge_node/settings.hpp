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
  std::string scheme = "fixed";      ///< who decides clocks and share of each task: policy/scheme_table.hpp
  double share = -1.0;               ///< ξ of the fixed scheme; negative: default_fixed_share
  std::string policy;                ///< policy bundle of "dvfo"; empty: the shipped one
  double deadline_ms = 1000.0;       ///< a task's time from admission to its answer
  double eta = 0.5;                  ///< weight of energy against latency, DVFO Eq. 4
  double lambda = -1.0;              ///< weight of the local half; negative: the bundle's own for the share
  std::int64_t learn_tasks = 5000;   ///< tasks of virtual time before the first real one, for a scheme that learns
  double learn_mbps = 5.0;           ///< their link: its rate in Mbit/s,
  double learn_rtt_ms = 4.0;         ///< and its round trip
  double connect_ms = 3000.0;        ///< how long the first task waits for the cloud
  std::int64_t offloads = 8;         ///< offloads in flight; a task beyond them stays on the edge
  std::int64_t threads = 1;          ///< LibTorch's threads inside one operator
  std::int64_t workers = 1;          ///< of the cloud in the same process, as are the next two
  std::int64_t max_batch = 16;
  double max_batch_delay_ms = 1.0;
  std::string record;               ///< file for what tasks teach; empty: none
  std::int64_t record_mbytes = 64;  ///< of that file, and as much of the one before it; some 200,000 tasks
  board_settings board;
};

/// Half of the channels: without a reason for another share.
inline constexpr double default_fixed_share = 0.5;

/// Declares them in the table; `values` must outlive it.
void declare(configuration::settings_table& table, settings& values);

}  // namespace dvfo::edge_node
