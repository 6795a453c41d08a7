#include "cli/data/data_get.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <system_error>

#include "cli/data/unpack.hpp"
#include "configuration/exit_code.hpp"
#include "configuration/settings.hpp"
#include "files/error.hpp"
#include "files/folder.hpp"
#include "files/output.hpp"
#include "files/place.hpp"
#include "files/reading.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/file_errors.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

namespace fs = std::filesystem;
using inference::errc;
using inference::error;
using inference::subset;

/// In the order in which they are renamed into place: the folder counts as complete only with the last.
const std::vector<expected_file> cifar100_files = {{"coarse_label_names.txt", 1U << 20U, false},
                                                   {"fine_label_names.txt", 1U << 20U, true},
                                                   {"test.bin", 64U << 20U, true},
                                                   {"train.bin", 320U << 20U, true}};

// First bytes of CIFAR-100's records: a coarse and a fine label before every 3,072 bytes of pixels.
constexpr files::kind records_file{"a file of CIFAR-100's records", [](std::string_view head) {
                                     constexpr std::size_t record_bytes = 3074;
                                     for (std::size_t at = 0; at + 1 < head.size(); at += record_bytes) {
                                       const auto coarse = static_cast<unsigned char>(head[at]);
                                       const auto fine = static_cast<unsigned char>(head[at + 1]);
                                       if (coarse >= 20 || fine >= 100) return false;
                                     }
                                     return true;
                                   }};

constexpr files::kind names_file{"a list of CIFAR-100's names", [](std::string_view head) {
                                   constexpr std::size_t longest_name = 64;
                                   const auto lines = files::lines_of(head);
                                   return std::all_of(lines.begin(), lines.end(), [](const files::line& one) {
                                     return one.text.size() <= longest_name &&
                                            one.text.find(' ') == std::string_view::npos;
                                   });
                                 }};

const files::kind& kind_of(const expected_file& file) {
  return file.name.ends_with(".bin") ? records_file : names_file;
}

template <class Action>
auto with_io_errors(const std::string& hint, const Action& action) {
  return inference::with_file_errors_as(errc::io, hint, action);
}

/// Nothing of the user's may be in the way of what is put there after a long download.
void check_places(const fs::path& folder) {
  with_io_errors("choose another --output", [&] {
    files::make_folder(folder);
    for (const auto& file : cifar100_files) files::check_output(folder / file.name, kind_of(file));
  });
}

struct checksum {
  std::string algorithm;
  std::string digest;
};

checksum parse_checksum(const std::string& text) {
  const std::size_t colon = text.find(':');
  checksum made{text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
  std::transform(made.digest.begin(), made.digest.end(), made.digest.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
  const std::size_t digits = made.algorithm == "md5" ? 32 : made.algorithm == "sha256" ? 64 : 0;
  if (digits == 0 || made.digest.size() != digits ||
      made.digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw usage_error(
        fmt::format("--checksum {}: md5: and 32 or sha256: and 64 hexadecimal digits are expected", text));
  }
  return made;
}

/// Opens both parts, which checks every size and label.
void check_dataset(const fs::path& folder) {
  inference::open_cifar100(folder, subset::train);
  inference::open_cifar100(folder, subset::test);
}

bool is_complete(const fs::path& folder) {
  try {
    check_dataset(folder);
    return true;
  } catch (const error&) {
    return false;
  }
}

/// The folder in which files wait until they are known to be good; it goes when the work is done or has failed.
class staging_folder {
 public:
  explicit staging_folder(fs::path path) : path_(std::move(path)) {
    with_io_errors("remove it, or choose another --output", [&] {
      if (files::stands(path_)) expect_leftover();
      remove();
      files::make_folder(path_);
    });
  }
  ~staging_folder() { remove(); }
  staging_folder(const staging_folder&) = delete;
  staging_folder& operator=(const staging_folder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  /// A run that was killed leaves the files of an archive, and nothing else.
  void expect_leftover() const {
    const auto found = files::list(path_);
    const bool is_ours = found.folders.empty() && found.left_out.empty() &&
                         std::all_of(found.files.begin(), found.files.end(), [](const fs::path& file) {
                           return std::any_of(cifar100_files.begin(), cifar100_files.end(),
                                              [&](const auto& known) { return file.filename() == known.name; });
                         });
    if (!is_ours)
      throw files::error(path_, fmt::format("{}, which no run of this command left", files::describe(found)));
  }

  void remove() {
    std::error_code ignored;
    for (const auto& known : cifar100_files) fs::remove(path_ / known.name, ignored);
    fs::remove(path_, ignored);
  }

  fs::path path_;
};

bool has_digest(const fs::path& file, const checksum& expected) {
  return files::is_file(file) && file_digest(file, expected.algorithm) == expected.digest;
}

void fetch_archive(const data_get_options& options, const fs::path& part, const checksum& expected) {
  if (has_digest(part, expected)) return;  // downloaded whole by a run that ended before it could unpack
  download_options transfer = options.transfer;
  transfer.url = options.url;
  transfer.part = part;
  download(transfer);
  const std::string found = file_digest(part, expected.algorithm);
  if (found == expected.digest) return;
  std::error_code ignored;
  fs::remove(part, ignored);
  throw error(errc::bad_dataset, fmt::format("{}: the archive's {} is {}; {} is expected. It was deleted: run the "
                                             "command again, or give --checksum if the file "
                                             "at --url is meant to differ",
                                             options.url, expected.algorithm, found, expected.digest));
}

void move_into_place(const fs::path& from, const fs::path& folder) {
  for (const expected_file& file : cifar100_files) {
    if (!files::stands(from / file.name)) continue;
    with_io_errors("", [&] {
      files::check_output(folder / file.name, kind_of(file));
      const auto to = files::look_at(folder / file.name).path;
      std::error_code failed;
      fs::rename(from / file.name, to, failed);
      if (failed) throw files::error(to, fmt::format("cannot be put in place ({})", failed.message()));
    });
  }
}

}  // namespace

data_get_outcome get_cifar100(const data_get_options& options) {
  const checksum expected = parse_checksum(options.checksum);
  if (is_complete(options.output)) return data_get_outcome::already_complete;
  check_places(options.output);
  const fs::path part = options.output / "cifar-100-binary.tar.gz.part";
  fetch_archive(options, part, expected);
  const staging_folder staging(options.output / ".unpacking");
  unpack_files(part, cifar100_files, staging.path());
  check_dataset(staging.path());
  move_into_place(staging.path(), options.output);
  std::error_code ignored;
  fs::remove(part, ignored);
  return data_get_outcome::fetched;
}

std::string progress_text(const transfer_progress& state, std::uint64_t new_bytes, double seconds) {
  constexpr double megabyte = 1e6;
  constexpr std::size_t width = 30;
  const auto received = static_cast<double>(state.received_bytes);
  const double rate = seconds > 0 ? static_cast<double>(new_bytes) / seconds : 0;
  if (!state.total_bytes || *state.total_bytes == 0)
    return fmt::format("{:.1f} MB  {:.1f} MB/s", received / megabyte, rate / megabyte);
  const auto total = static_cast<double>(*state.total_bytes);
  const double share = std::clamp(received / total, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(share * width);
  std::string text = fmt::format("[{}{}] {:3.0f} %  {:.1f} of {:.1f} MB  {:.1f} MB/s", std::string(filled, '#'),
                                 std::string(width - filled, ' '), 100 * share, received / megabyte, total / megabyte,
                                 rate / megabyte);
  if (rate > 0) {
    const auto left = static_cast<long>(std::max(0.0, total - received) / rate);
    text += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  return text;
}

int run_data_get(const data_get_options& options, std::ostream& out, std::ostream& progress, bool live) {
  using clock = std::chrono::steady_clock;
  constexpr auto redraw_interval = std::chrono::milliseconds(100);
  std::signal(SIGPIPE, SIG_IGN);  // a server that hangs up must be an error of the write, not our end
  data_get_options watched = options;
  const auto start = clock::now();
  auto drawn = start - redraw_interval;
  std::uint64_t before = 0;
  bool begun = false;
  if (live) {
    watched.transfer.on_progress = [&](const transfer_progress& state) {
      if (!begun) before = state.received_bytes;  // what an earlier run left does not count for the rate
      begun = true;
      const auto now = clock::now();
      if (now - drawn < redraw_interval && state.received_bytes != state.total_bytes) return;
      drawn = now;
      const double seconds = std::chrono::duration<double>(now - start).count();
      const std::uint64_t since = state.received_bytes > before ? state.received_bytes - before : 0;
      progress << "\r\x1b[Kcifar100 " << progress_text(state, since, seconds) << std::flush;
    };
  }
  const auto end_line = [&] {
    if (begun) progress << '\n';
  };
  try {
    const data_get_outcome outcome = get_cifar100(watched);
    end_line();
    const char* text = outcome == data_get_outcome::fetched ? "CIFAR-100 is in" : "CIFAR-100 is already complete in";
    out << text << ' ' << options.output.string() << '\n';
  } catch (...) {
    end_line();
    throw;
  }
  return exit_success;
}

int run_data_get(const data_get_options& options) {
  return run_data_get(options, std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1);
}

}  // namespace dvfo::cli
