#include "cloud_node/cloud_node.hpp"

namespace dvfo::cloud_node {

void declare(configuration::settings_table& table, settings& values) {
  table.text("bundle", values.bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES")
      .text("listen", values.listen, "HOST:PORT", "loopback address to serve edge nodes on; port 0 takes any free one")
      .choice("backend", values.backend, {"cpu-int8", "cuda-fp16"},
              "where the remote network computes; with cpu-int8 it does so in float")
      .integer("threads", values.threads, {1, 256}, "N", "LibTorch threads inside one operator");
  actors::declare(table, values.serving);
}

}  // namespace dvfo::cloud_node
