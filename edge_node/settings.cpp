#include "edge_node/settings.hpp"

namespace dvfo::edge_node {

void declare(configuration::settings_table& table, settings& values) {
  table.text("bundle", values.bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .choice("backend", values.backend, {"cpu-int8", "cuda-fp16"}, "where the networks compute, and in which numbers")
      .text("cloud", values.cloud, "PLACE",
            "HOST:PORT of dvfo-cloud, 'inproc' for a cloud in this process, 'none' for none")
      .real("share", values.share, {0.0, 1.0}, "SHARE", "share of the feature channels that goes to the cloud")
      .real("lambda", values.lambda, {-1.0, 1.0}, "WEIGHT",
            "weight of the local half in the fusion; -1: the bundle's own")
      .real("deadline-ms", values.deadline_ms, {1.0, 3'600'000.0}, "MS", "time of a task from admission to answer")
      .real("connect-ms", values.connect_ms, {0.0, 60'000.0}, "MS", "how long the first task waits for the cloud")
      .integer("offloads", values.offloads, {1, 1024}, "N", "offloads in flight; a task beyond them stays on the edge")
      .integer("threads", values.threads, {1, 256}, "N", "LibTorch threads inside one operator")
      .integer("workers", values.workers, {1, 64}, "N", "cloud in this process: models that compute at once")
      .integer("max-batch", values.max_batch, {1, 256}, "N", "cloud in this process: requests in one batch")
      .real("max-batch-delay-ms", values.max_batch_delay_ms, {0.0, 1000.0}, "MS",
            "cloud in this process: longest wait for a batch to fill")
      .text("board", values.board.board, "BOARD",
            "'auto', 'none', a board such as jetson-tx2 or linux, or a simulated one such as sim:jetson-xavier-nx")
      .text("board-dir", values.board.folder, "DIR",
            "where a simulated board keeps its sysfs tree; else a temporary folder")
      .choice("clocks", values.board.clocks, {"keep", "lowest", "middle", "highest"},
              "operating points of the board's clocks for every task; keep: not touched")
      .text("clock-state", values.board.clock_state, "FILE",
            "file to restore the clocks from after a crash; else var/lib/dvfo/clocks.state below the board's root");
}

}  // namespace dvfo::edge_node
