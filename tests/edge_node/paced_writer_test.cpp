#include "edge_node/paced_writer.hpp"

#include <gtest/gtest.h>

#include <semaphore>

namespace dvfo::edge_node {
namespace {

using namespace std::chrono_literals;

TEST(paced_writer, writes_at_once_after_the_first_change) {
  std::binary_semaphore written(0);
  paced_writer writer([&] { written.release(); }, 1h);
  writer.changed();
  written.acquire();
}

TEST(paced_writer, writes_changes_that_come_fast_together_at_the_end) {
  int writes = 0;
  {
    std::binary_semaphore written(0);
    paced_writer writer(
        [&] {
          ++writes;
          written.release();
        },
        1h);
    writer.changed();
    written.acquire();
    for (int i = 0; i < 1000; ++i) writer.changed();
  }
  EXPECT_EQ(writes, 2);
}

TEST(paced_writer, writes_again_once_the_interval_is_over) {
  std::counting_semaphore<> written(0);
  paced_writer writer([&] { written.release(); }, 1ms);
  for (int i = 0; i < 3; ++i) {
    writer.changed();
    written.acquire();
  }
}

TEST(paced_writer, writes_nothing_where_nothing_has_changed) {
  int writes = 0;
  {
    paced_writer writer([&] { ++writes; }, 1ms);
  }
  EXPECT_EQ(writes, 0);
}

}  // namespace
}  // namespace dvfo::edge_node
