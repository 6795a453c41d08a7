#include "launcher/line_writer.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <utility>

namespace dvfo::launcher {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class line_writer_to_a_pipe : public testing::Test {
 protected:
  line_writer_to_a_pipe() { EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~line_writer_to_a_pipe() override {
    for (const int each : ends_) close(each);
  }

  std::string read_all() {
    close(std::exchange(ends_[1], -1));
    std::string out;
    std::array<char, 65536> block;
    for (ssize_t got = 0; (got = read(ends_[0], block.data(), block.size())) > 0;)
      out.append(block.data(), static_cast<std::size_t>(got));
    return out;
  }

  static std::string lost(std::size_t count) { return "lost " + std::to_string(count); }

  std::array<int, 2> ends_{};
};

TEST_F(line_writer_to_a_pipe, writes_lines_in_order) {
  {
    line_writer writer(ends_[1], lost);
    writer.write("one");
    writer.write("two");
  }
  EXPECT_EQ(read_all(), "one\ntwo\n");
}

TEST_F(line_writer_to_a_pipe, waits_for_no_reader_and_tells_what_it_left_out) {
  const std::string line(1000, 'x');
  std::optional<line_writer> writer(std::in_place, ends_[1], lost, 50, std::chrono::milliseconds(10));
  for (int i = 0; i < 500; ++i) writer->write(line);
  writer.reset();  // nobody reads: it gives up
  const auto text = read_all();
  EXPECT_THAT(text, StartsWith(line + "\n"));
  EXPECT_LT(text.size(), 200'000U);
}

TEST_F(line_writer_to_a_pipe, goes_on_when_the_reader_comes_back) {
  const std::string line(1000, 'x');
  std::string text;
  std::thread reader;
  {
    line_writer writer(ends_[1], lost, 50, std::chrono::seconds(30));
    for (int i = 0; i < 500; ++i) writer.write(line);
    reader = std::thread([&] {
      std::array<char, 4096> block;
      while (text.find("lost ") == std::string::npos) {
        const auto got = read(ends_[0], block.data(), block.size());
        ASSERT_GT(got, 0);
        text.append(block.data(), static_cast<std::size_t>(got));
      }
    });
  }
  reader.join();
  EXPECT_THAT(text, HasSubstr("\nlost "));
}

TEST_F(line_writer_to_a_pipe, outlives_its_reader) {
  std::signal(SIGPIPE, SIG_IGN);
  close(std::exchange(ends_[0], -1));
  line_writer writer(ends_[1], lost);
  for (int i = 0; i < 10; ++i) writer.write("nobody");
}

}  // namespace
}  // namespace dvfo::launcher
