#include <gmock/gmock.h>

#include <string>

#include "device/error.hpp"
#include "device/simulated/board_parameters.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

using namespace dvfo::device;
using namespace dvfo::device::simulated;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string tx2_text() { return format_parameters(shipped_parameters("jetson-tx2"), "a header\nof two lines"); }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("the text has no " + what);
  return text.replace(at, what.size(), by);
}

std::string problem_with(const std::string& text) {
  try {
    (void)parse_parameters(text, "board.toml");
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::bad_file);
    return problem.what();
  }
  return "no error";
}

TEST(parameter_file, writing_and_reading_is_the_identity_for_every_shipped_board) {
  for (const auto& board : shipped_boards()) {
    const auto parameters = shipped_parameters(board);
    EXPECT_EQ(parse_parameters(format_parameters(parameters, "x"), "text"), parameters) << board;
    EXPECT_FALSE(parameters.gpu.from.source.empty());
  }
}

TEST(parameter_file, header_lines_are_comments) {
  EXPECT_THAT(tx2_text(), ::testing::StartsWith("# a header\n# of two lines\nboard = "));
}

TEST(parameter_file, a_file_is_read_like_its_text) {
  const dvfo::tests::temporary_folder folder;
  dvfo::tests::write_file(folder.path() / "b.toml", tx2_text());
  EXPECT_EQ(read_parameters(folder.path() / "b.toml"), shipped_parameters("jetson-tx2"));
  try {
    (void)read_parameters(folder.path() / "none.toml");
    FAIL() << "no error";
  } catch (const error& problem) {
    EXPECT_EQ(problem.code(), errc::io);
    EXPECT_THAT(problem.what(), HasSubstr("none.toml"));
  }
}

TEST(parameter_file, errors_name_file_and_key) {
  EXPECT_THAT(problem_with(replaced(tx2_text(), "\nknee_hz", "\nkneehz")),
              AllOf(HasSubstr("board.toml"), HasSubstr("gpu.knee_hz"), HasSubstr("missing")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "\nknee_hz", "\nspare = 1.0\nknee_hz")),
              AllOf(HasSubstr("board.toml"), HasSubstr("gpu.spare"), HasSubstr("unknown")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "idle_share = 0", "idle_share = 7")),
              AllOf(HasSubstr("power.idle_share"), HasSubstr("expected 0 to 1")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "floor_volts = 0.8", "floor_volts = '0.8'")),
              AllOf(HasSubstr("gpu.floor_volts"), HasSubstr("no number")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "floor_volts = 0.8", "floor_volts = nan")),
              HasSubstr("gpu.floor_volts"));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "origin = 'fitted'", "origin = 'guessed'")),
              AllOf(HasSubstr("latency.origin"), HasSubstr("guessed")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "gpu_hz = [", "gpu_hz = [2e9, ")),
              AllOf(HasSubstr("clocks.gpu_hz"), HasSubstr("ascending")));
  EXPECT_THAT(problem_with(replaced(tx2_text(), "name = 'VDD_SYS_GPU'", "name = 7")), HasSubstr("rail[1].name"));
  EXPECT_THAT(problem_with(tx2_text() + "\n[spare]\n"), AllOf(HasSubstr("unknown"), HasSubstr("spare")));
  EXPECT_THAT(problem_with("board = "), AllOf(HasSubstr("board.toml:1")));
}

}  // namespace
