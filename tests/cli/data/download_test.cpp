#include "cli/data/download.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <unistd.h>

#include <string>

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
using tests::write_file;

/// Transfers, driven through get_cifar100 so that what comes out is a data set and not just bytes.
class download_from : public data_server {};

TEST_F(download_from, continues_what_an_earlier_run_left) {
  write_file(part(), tarball_.substr(0, 1000));
  expect_fetched();
  EXPECT_THAT(ranges_, ElementsAre("bytes=1000-"));
}

TEST_F(download_from, continues_after_a_dropped_connection) {
  const auto whole = answer_;
  answer_ = [&](const httplib::Request& request, httplib::Response& response) {
    if (ranges_.size() > 1) return whole(request, response);
    response.set_content_provider(tarball_.size(), "application/gzip",
                                  [&](std::size_t, std::size_t, httplib::DataSink& sink) {
                                    sink.write(tarball_.data(), 2000);
                                    return false;  // hangs up
                                  });
  };
  expect_fetched();
  EXPECT_THAT(ranges_, ElementsAre("", "bytes=2000-"));
}

TEST_F(download_from, an_archive_that_an_earlier_run_completed_is_not_fetched_again) {
  write_file(part(), tarball_);
  expect_fetched();
  EXPECT_TRUE(ranges_.empty());
}

TEST_F(download_from, starts_anew_when_the_server_ignores_ranges) {
  answer_ = [this](const httplib::Request&, httplib::Response& response) {
    response.status = 200;
    response.set_chunked_content_provider("application/gzip", [this](std::size_t, httplib::DataSink& sink) {
      sink.write(tarball_.data(), tarball_.size());
      sink.done();
      return true;
    });
  };
  write_file(part(), tarball_.substr(0, 1000));
  expect_fetched();
  EXPECT_THAT(ranges_, ElementsAre("bytes=1000-"));
}

TEST_F(download_from, starts_anew_when_the_server_sends_another_range) {
  const auto whole = answer_;
  answer_ = [&](const httplib::Request& request, httplib::Response& response) {
    if (ranges_.size() > 1) return whole(request, response);
    response.status = 206;
    response.set_header("Content-Range", "bytes 7-9/10");
    response.set_chunked_content_provider("application/gzip", [](std::size_t, httplib::DataSink& sink) {
      sink.write("abc", 3);
      sink.done();
      return true;
    });
  };
  write_file(part(), tarball_.substr(0, 1000));
  expect_fetched();
  EXPECT_THAT(ranges_, ElementsAre("bytes=1000-", ""));
}

TEST_F(download_from, a_missing_file_is_an_error_at_once) {
  answer_ = [](const httplib::Request&, httplib::Response& response) { response.status = 404; };
  EXPECT_THAT(network_failure(), AllOf(HasSubstr(options_.url), HasSubstr("404")));
  EXPECT_EQ(ranges_.size(), 1U);
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(download_from, a_server_in_trouble_is_asked_again) {
  const auto whole = answer_;
  answer_ = [&](const httplib::Request& request, httplib::Response& response) {
    if (ranges_.size() > 2) return whole(request, response);
    response.status = 503;
  };
  expect_fetched();
  EXPECT_EQ(ranges_.size(), 3U);
}

TEST_F(download_from, gives_up_after_fruitless_attempts_and_keeps_the_part) {
  answer_ = [](const httplib::Request&, httplib::Response& response) { response.status = 503; };
  write_file(part(), tarball_.substr(0, 1000));
  EXPECT_THAT(network_failure(), AllOf(HasSubstr("503"), HasSubstr("3 attempts"), HasSubstr("1000 bytes")));
  EXPECT_EQ(ranges_.size(), 3U);
  EXPECT_EQ(fs::file_size(part()), 1000U);
}

TEST_F(download_from, an_empty_file_is_an_error) {
  serve("");
  EXPECT_THAT(network_failure(), HasSubstr("empty file"));
  EXPECT_TRUE(names_in(options_.output).empty());
}

TEST_F(download_from, a_closed_port_is_an_error) {
  start();
  stop();
  EXPECT_THROW(get_cifar100(options_), network_error);
}

TEST_F(download_from, redirects_are_followed) {
  const auto whole = answer_;
  const std::string there = "/set.tar.gz?mirror";
  answer_ = [&](const httplib::Request& request, httplib::Response& response) {
    if (request.params.empty()) return response.set_redirect(there);
    whole(request, response);
  };
  expect_fetched();
}

TEST_F(download_from, a_part_that_is_too_long_ends_as_a_wrong_checksum) {
  write_file(part(), tarball_ + "more");
  answer_ = [](const httplib::Request&, httplib::Response& response) { response.status = 416; };
  EXPECT_EQ(failure().first, errc::bad_dataset);
  EXPECT_FALSE(fs::exists(part()));
}

TEST_F(download_from, an_endless_file_is_cut_off) {
  options_.transfer.max_bytes = 3000;
  EXPECT_THAT(network_failure(), HasSubstr("longer than 3000 bytes"));
}

TEST_F(download_from, a_full_disk_is_an_error) {
  fs::create_directories(options_.output);
  fs::create_symlink("/dev/full", part());
  const auto [code, text] = failure();
  EXPECT_EQ(code, errc::io);
  EXPECT_THAT(text, AllOf(HasSubstr(part().string()), HasSubstr("free some space")));
}

TEST_F(download_from, a_second_download_into_the_same_folder_is_refused) {
  write_file(part(), "x");
  const int other = ::open(part().c_str(), O_WRONLY);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  EXPECT_THAT(failure().second, HasSubstr("locked"));
  ::close(other);
}

TEST(file_digest, knows_published_values) {
  EXPECT_EQ(digest_of("abc", "md5"), "md5:900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_of("abc", "sha256"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_THROW(digest_of("abc", "nonsense"), usage_error);
  EXPECT_THROW(file_digest("/does/not/exist", "md5"), inference::error);
}

}  // namespace
}  // namespace dvfo::cli
