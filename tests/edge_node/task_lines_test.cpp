#include "edge_node/task_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "configuration/settings.hpp"
#include "files/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::edge_node {
namespace {

using configuration::usage_error;
using tests::read_file;

task_report line_of(std::size_t index) {
  task_report report;
  report.index = index;
  report.input = "a.jpg";
  report.failure = "a.jpg: no picture";
  return report;
}

TEST(task_lines, go_nowhere_unless_somebody_wants_them) { task_lines("").write(line_of(1)); }

TEST(task_lines, are_in_the_file_at_once) {
  const tests::temporary_folder folder;
  const auto file = (folder.path() / "lines").string();
  task_lines lines(file);
  lines.write(line_of(1));
  EXPECT_EQ(read_file(file), to_line(line_of(1)) + "\n");
  lines.write(line_of(2));
  EXPECT_EQ(read_file(file), to_line(line_of(1)) + "\n" + to_line(line_of(2)) + "\n");
}

// --json emptied whatever file it named.
TEST(task_lines, take_the_place_of_their_own_kind_alone) {
  const tests::temporary_folder folder;
  const auto file = (folder.path() / "lines").string();
  task_lines(file).write(line_of(1));
  task_lines(file).write(line_of(2));
  EXPECT_EQ(read_file(file), to_line(line_of(2)) + "\n");
  tests::write_file(file, "{\"bandwidth_bps\":5e6,\"cl");  // as a kill leaves the first one
  task_lines(file).write(line_of(3));
  for (const char* text : {"Dear", "{\"name\":\"package\"}\n", "{\n  \"index\": 1\n}\n"}) {
    tests::write_file(file, text);
    EXPECT_THROW(task_lines{file}, usage_error);
    EXPECT_EQ(read_file(file), text);
  }
  EXPECT_THROW(task_lines(folder.path().string()), usage_error);
}

TEST(task_lines, a_full_disk_is_an_error_at_the_write) {
  task_lines lines("/dev/full");
  EXPECT_THROW(lines.write(line_of(1)), files::error);
}

}  // namespace
}  // namespace dvfo::edge_node
