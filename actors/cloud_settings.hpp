#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "actors/defaults.hpp"

namespace dvfo::actors {

/// How a cloud serves, in the words and units of its flags, whether it is a node of its own or stands in the process of
/// an edge node. Values are checked by the settings table.
struct cloud_settings {
  std::int64_t workers = defaults::remote_inference::workers;      ///< models that compute at once
  std::int64_t max_batch = defaults::remote_inference::max_batch;  ///< requests in one pass
  double max_batch_delay_ms =                                      ///< longest wait for a batch to fill
      std::chrono::duration<double, std::milli>(defaults::remote_inference::max_batch_delay).count();
  std::int64_t max_queue = defaults::remote_inference::max_queue;  ///< requests waiting; one more is refused as busy
};

/// Declares them in a configuration::settings_table (a template, because this room does not know that one); `whose`
/// begins each line of help. `values` must outlive the table.
template <class Table>
void declare(Table& table, cloud_settings& values, const std::string& whose = "") {
  table.integer("workers", values.workers, {1, 64}, "N", whose + "models that compute at once, each on its own thread")
      .integer("max-batch", values.max_batch, {1, 256}, "N", whose + "requests in one batch")
      .real("max-batch-delay-ms", values.max_batch_delay_ms, {0.0, 1000.0}, "MS",
            whose + "longest wait for a batch to fill")
      .integer("max-queue", values.max_queue, {1, 65'536}, "N",
               whose + "requests that wait for a worker; one more is refused, and its task stays on the edge");
}

}  // namespace dvfo::actors
