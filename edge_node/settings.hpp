#pragma once

#include <cstdint>
#include <string>

#include "actors/cloud_settings.hpp"
#include "actors/defaults.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "edge_node/board_settings.hpp"

namespace dvfo::edge_node {

/// How an edge node is set up, in the words and units of its flags. Values are checked by the settings table.
struct settings {
  std::string bundle = configuration::default_bundle;  ///< folder, or a name in bundles_folder()
  std::string backend = "cpu-int8";                    ///< as inference::name_of writes it
  std::string cloud = "inproc";                        ///< "HOST:PORT", "inproc" or "none"
  std::string scheme = "fixed";     ///< who decides clocks and share of each task: policy/scheme_table.hpp
  double share = -1.0;              ///< ξ of the fixed scheme; negative: policy::default_fixed_share
  std::string policy;               ///< policy bundle of "dvfo"; empty: the shipped one
  double deadline_ms = 1000.0;      ///< a task's time from admission to its answer
  double eta = 0.5;                 ///< weight of energy against latency, DVFO Eq. 4
  double lambda = -1.0;             ///< weight of the local half; negative: the bundle's own for the share
  std::int64_t learn_tasks = 5000;  ///< tasks of virtual time before the first real one, for a scheme that learns
  double learn_mbps = 5.0;          ///< their link: its rate in Mbit/s, the paper's (DVFO §6.1),
  double learn_rtt_ms = 4.0;        ///< and its round trip, of a wireless local network
  double connect_ms = 3000.0;       ///< how long the first task waits for the cloud
  std::int64_t offloads = actors::defaults::offload::window;          ///< in flight; a task beyond them stays here
  std::int64_t threads = actors::defaults::system::operator_threads;  ///< LibTorch's threads inside one operator
  actors::cloud_settings serving;                                     ///< of the cloud in the same process
  std::string record;                                                 ///< file for what tasks teach; empty: none
  std::int64_t record_mbytes = 64;  ///< of that file, and as much of the one before it; some 200,000 tasks
  board_settings board;
};

/// Declares them in the table; `values` must outlive it.
void declare(configuration::settings_table& table, settings& values);

}  // namespace dvfo::edge_node
