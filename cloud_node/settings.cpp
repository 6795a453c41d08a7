#include "cloud_node/cloud_node.hpp"

namespace dvfo::cloud_node {

void declare(configuration::settings_table& table, settings& values) {
  table.text("bundle", values.bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("listen", values.listen, "HOST:PORT", "loopback address to serve edge nodes on; port 0 takes any free one")
      .choice("backend", values.backend, {"cpu-int8", "cuda-fp16"},
              "where the remote network computes; with cpu-int8 it does so in float")
      .integer("workers", values.workers, {1, 64}, "N", "models that compute at once, each on a thread of its own")
      .integer("threads", values.threads, {1, 256}, "N", "LibTorch threads inside one operator")
      .integer("max-batch", values.max_batch, {1, 256}, "N", "requests in one batch")
      .real("max-batch-delay-ms", values.max_batch_delay_ms, {0.0, 1000.0}, "MS", "longest wait for a batch to fill");
}

}  // namespace dvfo::cloud_node
