#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "cli/data/download.hpp"

namespace dvfo::cli {

/// Where the authors of CIFAR-100 publish its binary version, and the digest they publish beside it.
inline constexpr const char* cifar100_url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz";
inline constexpr const char* cifar100_checksum = "md5:03b5dce01913d631647c71ecec9e9cb8";

struct data_get_options {
  std::string url = cifar100_url;
  std::string checksum = cifar100_checksum;   ///< of the archive: "md5:HEX" or "sha256:HEX"
  std::filesystem::path output = "cifar100";  ///< folder for the files; made when missing
  download_options transfer;  ///< timeouts, attempts and the progress callback; url and part are set here
};

enum class data_get_outcome { already_complete, fetched };

/// Brings CIFAR-100 into options.output: train.bin, test.bin, fine_label_names.txt and coarse_label_names.txt. Does
/// nothing when the folder already opens as a data set; else downloads the archive into a .part file there (continuing
/// an earlier one), checks its digest (a wrong one deletes the .part), unpacks beside, opens the result as a data set,
/// and only then renames the files into place one by one, train.bin last. Throws usage_error, network_error or
/// inference::error (io, bad_dataset).
data_get_outcome get_cifar100(const data_get_options& options);

/// `dvfo data get cifar100`: as get_cifar100, with a progress line on `progress` when `live` and the result on `out`.
/// Returns exit_success; throws as get_cifar100, for run_guarded to report. Ignores SIGPIPE from then on.
int run_data_get(const data_get_options& options, std::ostream& out, std::ostream& progress, bool live);

/// As above on standard output and standard error, live when that is a terminal.
int run_data_get(const data_get_options& options);

/// "[#####     ]  43 %  72.7 of 169.0 MB  12.1 MB/s  0:08 left"; without a total the bytes and the rate alone.
/// `seconds` and `new_bytes` are what this run has spent and received.
std::string progress_text(const transfer_progress& state, std::uint64_t new_bytes, double seconds);

}  // namespace dvfo::cli
