#include "edge_node/settings.hpp"

#include <fmt/format.h>

#include "policy/schemes/scheme_table.hpp"

namespace dvfo::edge_node {

void declare(configuration::settings_table& table, settings& values) {
  table.text("bundle", values.bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .choice("backend", values.backend, {"cpu-int8", "cuda-fp16"}, "where the networks compute, and in which numbers")
      .text("cloud", values.cloud, "PLACE",
            "HOST:PORT of dvfo-cloud, 'inproc' for a cloud in this process, 'none' for none")
      .text("scheme", values.scheme, "NAME",
            fmt::format("who decides clocks and share of each task: {}; fixed takes --share and --clocks",
                        policy::scheme_names()))
      .real("share", values.share, {-1.0, 1.0}, "SHARE",
            "of --scheme fixed: share of the feature channels that goes to the cloud; -1: a half")
      .text("policy", values.policy, "DIR",
            "of --scheme dvfo: policy bundle, a folder or a name in $DVFO_BUNDLES; else the shipped one for board and "
            "bundle")
      .real("eta", values.eta, {0.0, 1.0}, "WEIGHT", "weight of energy against latency: 0 latency only, 1 energy only")
      .integer("learn-tasks", values.learn_tasks, {0, 10'000'000}, "N",
               "of schemes that learn: tasks in virtual time before the first real one")
      .real("learn-mbps", values.learn_mbps, {0.01, 100'000.0}, "MBIT/S", "rate of the link in that virtual time")
      .real("learn-rtt-ms", values.learn_rtt_ms, {0.0, 10'000.0}, "MS", "round trip of that link")
      .real("lambda", values.lambda, {-1.0, 1.0}, "WEIGHT",
            "weight of the local half in the fusion; -1: the bundle's own")
      .real("deadline-ms", values.deadline_ms, {1.0, 3'600'000.0}, "MS", "time of a task from admission to answer")
      .real("connect-ms", values.connect_ms, {0.0, 60'000.0}, "MS", "how long the first task waits for the cloud")
      .integer("offloads", values.offloads, {1, 1024}, "N", "offloads in flight; a task beyond them stays on the edge")
      .integer("threads", values.threads, {1, 256}, "N", "LibTorch threads inside one operator");
  actors::declare(table, values.serving, "cloud in this process: ");
  table
      .text("record", values.record, "FILE",
            "keeps what each task taught, for 'dvfo train policy --from-record'; the file before becomes FILE.1")
      .integer("record-mb", values.record_mbytes, {1, 100'000}, "MB", "size at which that file becomes FILE.1")
      .text("board", values.board.board, "BOARD",
            "'auto', 'none', a board such as jetson-tx2 or linux, or a simulated one such as sim:jetson-xavier-nx")
      .text("board-dir", values.board.folder, "DIR",
            "where a simulated board keeps its sysfs tree; else a temporary folder")
      .choice("clocks", values.board.clocks, {"keep", "lowest", "middle", "highest"},
              "of --scheme fixed: operating points of the board's clocks for every task; keep: not touched")
      .text("clock-state", values.board.clock_state, "FILE",
            "file to restore the clocks from after a crash; else var/lib/dvfo/clocks.state below the board's root");
}

}  // namespace dvfo::edge_node
