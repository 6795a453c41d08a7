#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/data/data_get.hpp"
#include "configuration/address.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::cli {

/// What an archive of a test holds.
struct tar_entry {
  std::string name;
  std::string content;
  std::string symlink = {};  // target; empty: a regular file
};

inline std::string make_tarball(const std::vector<tar_entry>& entries) {
  std::string packed(1U << 20U, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_ustar(writer);
  archive_write_add_filter_gzip(writer);
  archive_write_open_memory(writer, packed.data(), packed.size(), &used);
  for (const tar_entry& one : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, one.name.c_str());
    archive_entry_set_filetype(entry, one.symlink.empty() ? AE_IFREG : AE_IFLNK);
    archive_entry_set_perm(entry, 0644);
    if (one.symlink.empty()) archive_entry_set_size(entry, static_cast<la_int64_t>(one.content.size()));
    if (!one.symlink.empty()) archive_entry_set_symlink(entry, one.symlink.c_str());
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, one.content.data(), one.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

/// CIFAR-100 records; incompressible, so that the archive has some length.
inline std::string records(int count, int fine_label = 5) {
  std::mt19937 random(17);
  std::string made;
  for (int i = 0; i < count; ++i) {
    made += {static_cast<char>(i % 20), static_cast<char>(fine_label)};
    for (int at = 0; at < 3072; ++at) made += static_cast<char>(random());
  }
  return made;
}

inline std::vector<tar_entry> good_entries() {
  std::string names;
  for (int i = 0; i < 100; ++i) names += "name" + std::to_string(i) + "\n";
  const std::string top = "cifar-100-binary/";
  return {{top + "coarse_label_names.txt", "coarse\n"},
          {top + "fine_label_names.txt", names},
          {top + "README", "not asked for"},
          {top + "test.bin", records(2)},
          {top + "train.bin", records(6)}};
}

inline std::string digest_of(const std::string& content, const std::string& algorithm) {
  const tests::temporary_folder folder;
  tests::write_file(folder.path() / "x", content);
  return algorithm + ":" + file_digest(folder.path() / "x", algorithm);
}

inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

/// A server on a free port of the loopback interface, and a folder to fetch into.
class data_server : public ::testing::Test {
 protected:
  using handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  void SetUp() override {
    port_ = server_.bind_to_any_port("127.0.0.1");
    ASSERT_GT(port_, 0);
    server_.set_keep_alive_max_count(1);
    server_.Get("/set.tar.gz", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      ranges_.push_back(request.get_header_value("Range"));
      answer_(request, response);
    });
    options_.url = "http://127.0.0.1:" + std::to_string(port_) + "/set.tar.gz";
    options_.output = folder_.path() / "data" / "cifar100";
    options_.transfer.pause = std::chrono::milliseconds(0);
    options_.transfer.attempts = 3;
    options_.transfer.variables = [](const std::string&) { return std::nullopt; };  // no proxy of this machine's
    serve(make_tarball(good_entries()));
  }

  void TearDown() override { stop(); }

  void start() {
    if (thread_.joinable()) return;
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() would miss a server that is not running yet
  }

  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// The server sends `tarball`, whole or in ranges, and the options expect it.
  void serve(const std::string& tarball) {
    tarball_ = tarball;
    options_.checksum = digest_of(tarball, "md5");
    answer_ = [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(tarball_, "application/gzip");
    };
  }

  data_get_outcome get() {
    start();
    return get_cifar100(options_);
  }

  void expect_fetched() {
    EXPECT_EQ(get(), data_get_outcome::fetched);
    EXPECT_EQ(inference::open_cifar100(options_.output, inference::subset::train)->size(), 6U);
    EXPECT_FALSE(std::filesystem::exists(part()));
  }

  /// Code and text of the inference::error that fetching must throw.
  std::pair<inference::errc, std::string> failure() {
    try {
      get();
    } catch (const inference::error& failed) {
      return {failed.code(), failed.what()};
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  std::string network_failure() {
    try {
      get();
    } catch (const configuration::network_error& failed) {
      return failed.what();
    }
    return "no error";
  }

  [[nodiscard]] std::filesystem::path part() const { return options_.output / "cifar-100-binary.tar.gz.part"; }

  tests::temporary_folder folder_;
  data_get_options options_;
  std::string tarball_;
  handler answer_;
  std::vector<std::string> ranges_;  // of the requests so far
  int port_ = 0;

 private:
  std::mutex mutex_;
  httplib::Server server_;
  std::thread thread_;
};

}  // namespace dvfo::cli
