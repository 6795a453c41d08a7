#include "cli/data/data_get.hpp"

#include <gmock/gmock.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/data/unpack.hpp"
#include "configuration/settings.hpp"
#include "tests/cli/data/data_server.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

namespace fs = std::filesystem;
using inference::errc;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using tests::write_file;

class data_get : public data_server {};

TEST_F(data_get, fetches_and_unpacks_the_expected_files_alone) {
  transfer_progress last;
  options_.transfer.on_progress = [&](const transfer_progress& state) { last = state; };
  expect_fetched();
  EXPECT_THAT(names_in(options_.output),
              UnorderedElementsAre("coarse_label_names.txt", "fine_label_names.txt", "test.bin", "train.bin"));
  EXPECT_EQ(tests::read_file(options_.output / "train.bin"), records(6));
  EXPECT_EQ(last.received_bytes, tarball_.size());
  EXPECT_EQ(last.total_bytes, tarball_.size());
  EXPECT_THAT(ranges_, ElementsAre(""));
}

TEST_F(data_get, a_complete_folder_needs_no_server) {
  expect_fetched();
  stop();
  EXPECT_EQ(get_cifar100(options_), data_get_outcome::already_complete);
}

TEST_F(data_get, a_damaged_folder_is_fetched_anew) {
  expect_fetched();
  fs::resize_file(options_.output / "test.bin", 100);
  expect_fetched();
  EXPECT_EQ(ranges_.size(), 2U);
}

TEST_F(data_get, sha256_serves_as_well_and_upper_case_does_too) {
  options_.checksum = digest_of(tarball_, "sha256");
  for (char& c : options_.checksum) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  }
  options_.checksum.replace(0, 6, "sha256");
  expect_fetched();
}

TEST_F(data_get, a_wrong_checksum_deletes_the_part_and_places_nothing) {
  options_.checksum = "md5:" + std::string(32, '0');
  const auto [code, text] = failure();
  EXPECT_EQ(code, errc::bad_dataset);
  EXPECT_THAT(text, AllOf(HasSubstr(std::string(32, '0')), HasSubstr(digest_of(tarball_, "md5").substr(4))));
  EXPECT_TRUE(names_in(options_.output).empty());
}

TEST_F(data_get, an_output_that_cannot_be_made_is_an_error) {
  write_file(folder_.path() / "file", "x");
  options_.output = folder_.path() / "file" / "cifar100";
  const auto [code, text] = failure();
  EXPECT_EQ(code, errc::io);
  EXPECT_THAT(text, HasSubstr(options_.output.string()));
}

// --output . in a folder with a train.bin of one's own: it was replaced, and a folder called .unpacking removed.
TEST_F(data_get, nothing_of_the_users_is_replaced_or_removed) {
  write_file(options_.output / "train.bin", "a film");
  EXPECT_THAT(failure().second, HasSubstr("train.bin: holds something that is not"));
  EXPECT_TRUE(ranges_.empty()) << "said before the download";
  EXPECT_EQ(tests::read_file(options_.output / "train.bin"), "a film");
  fs::remove(options_.output / "train.bin");
  write_file(options_.output / ".unpacking" / "letter", "Dear");
  EXPECT_THAT(failure().second, HasSubstr(".unpacking: holds 1 file"));
  EXPECT_EQ(tests::read_file(options_.output / ".unpacking" / "letter"), "Dear");
  fs::remove(options_.output / ".unpacking" / "letter");
  write_file(options_.output / ".unpacking" / "test.bin", "left by a kill");
  expect_fetched();
  EXPECT_FALSE(fs::exists(options_.output / ".unpacking"));
}

TEST_F(data_get, archives_that_climb_out_are_refused) {
  for (const std::string name : {"../evil", "/tmp/evil", "cifar-100-binary/../../train.bin"}) {
    auto entries = good_entries();
    entries.push_back({name, "x"});
    serve(make_tarball(entries));
    const auto [code, text] = failure();
    EXPECT_EQ(code, errc::bad_dataset);
    EXPECT_THAT(text, HasSubstr("outside the folder"));
    EXPECT_THAT(names_in(options_.output), ElementsAre("cifar-100-binary.tar.gz.part"));
    EXPECT_THAT(names_in(options_.output.parent_path()), ElementsAre("cifar100"));
    fs::remove(part());
  }
}

TEST_F(data_get, links_doubles_and_gaps_are_refused) {
  auto link = good_entries();
  link.back() = {"cifar-100-binary/train.bin", "", "/etc/passwd"};
  auto twice = good_entries();
  twice.push_back(twice.back());
  auto gap = good_entries();
  gap.pop_back();
  for (const auto& [entries, reason] :
       {std::pair{link, "not a regular file"}, {twice, "twice"}, {gap, "lacks train.bin"}}) {
    serve(make_tarball(entries));
    const auto [code, text] = failure();
    EXPECT_EQ(code, errc::bad_dataset);
    EXPECT_THAT(text, HasSubstr(reason));
    EXPECT_FALSE(fs::exists(options_.output / "test.bin"));
    fs::remove(part());
  }
}

TEST_F(data_get, what_is_no_archive_or_no_data_set_is_refused) {
  auto bad_labels = good_entries();
  bad_labels.back().content = records(3, 100);
  for (const std::string& content :
       {std::string("<html>sorry</html>"), tarball_.substr(0, tarball_.size() / 2), make_tarball(bad_labels)}) {
    serve(content);
    EXPECT_EQ(failure().first, errc::bad_dataset);
    EXPECT_FALSE(fs::exists(options_.output / "test.bin"));
    fs::remove(part());
  }
}

TEST_F(data_get, the_command_reports_progress_and_result) {
  start();
  std::ostringstream out;
  std::ostringstream progress;
  EXPECT_EQ(run_data_get(options_, out, progress, true), 0);
  EXPECT_THAT(out.str(), HasSubstr("CIFAR-100 is in " + options_.output.string()));
  EXPECT_THAT(progress.str(), HasSubstr("100 %"));
  EXPECT_EQ(run_data_get(options_, out, progress, false), 0);
  EXPECT_THAT(out.str(), HasSubstr("already complete"));
}

TEST_F(data_get, wrong_flags_are_named) {
  for (const std::string url : {"ftp://host/x", "cifar", "http://", ""}) {
    options_.url = url;
    EXPECT_THROW(get(), usage_error) << url;
  }
  for (const std::string& checksum :
       std::vector<std::string>{"", "md5", "md5:123", "crc:00", "sha256:" + std::string(64, 'g')}) {
    options_.checksum = checksum;
    EXPECT_THROW(get(), usage_error) << checksum;
  }
}

TEST(unpack_files, refuses_a_file_that_is_longer_than_expected) {
  const tests::temporary_folder folder;
  write_file(folder.path() / "a.tar.gz", make_tarball({{"a.txt", std::string(1000, 'x')}}));
  EXPECT_NO_THROW(unpack_files(folder.path() / "a.tar.gz", {{"a.txt", 1000}}, folder.path()));
  EXPECT_THROW(unpack_files(folder.path() / "a.tar.gz", {{"a.txt", 999}}, folder.path()), inference::error);
}

TEST(progress_text, shows_share_rate_and_time_left) {
  EXPECT_EQ(progress_text({25'000'000, 100'000'000}, 20'000'000, 2),
            "[#######                       ]  25 %  25.0 of 100.0 MB  10.0 MB/s  0:07 left");
  EXPECT_EQ(progress_text({1'500'000, std::nullopt}, 1'500'000, 1), "1.5 MB  1.5 MB/s");
  EXPECT_THAT(progress_text({5, 10}, 0, 0), HasSubstr("50 %"));
}

}  // namespace
}  // namespace dvfo::cli
