#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "configuration/variables.hpp"

namespace dvfo::cli {

/// How far a transfer is; `total_bytes` is unknown when the server does not say.
struct transfer_progress {
  std::uint64_t received_bytes = 0;
  std::optional<std::uint64_t> total_bytes;
};

struct download_options {
  std::string url;             ///< http:// or https://
  std::filesystem::path part;  ///< the file that grows; what it already holds is kept and continued
  std::uint64_t max_bytes = std::uint64_t{1} << 30U;  ///< a longer file is refused
  std::chrono::seconds connection_timeout{20};
  std::chrono::seconds silence_timeout{60};  ///< longest time without a byte
  int attempts = 5;                          ///< attempts in a row that bring no byte before it gives up
  std::chrono::milliseconds pause{2000};     ///< between attempts
  std::function<void(const transfer_progress&)>
      on_progress;  ///< called on this thread, about every 16 kB; may be empty
  configuration::environment variables = configuration::process_environment;  ///< where a proxy is named
};

/// Brings options.part to the length of the file at options.url: continues with HTTP Range requests what an earlier
/// call or a broken connection left, starts anew when the server ignores Range, follows redirects, each through the
/// proxy that is meant for it (proxy.hpp). Holds a lock on the file meanwhile. The content is not checked: compare
/// file_digest() afterwards. Throws usage_error (malformed URL or proxy), network_error (the server's answer, a
/// certificate, the last of the attempts; the part stays for the next call) or inference::error(io) (disk full, not
/// writable, locked by another process).
void download(const download_options& options);

/// Lower-case hexadecimal digest of a whole file; `algorithm` is a name that OpenSSL knows, such as "md5" or "sha256".
/// Throws usage_error for an unknown algorithm, inference::error(io) when the file cannot be read.
std::string file_digest(const std::filesystem::path& file, const std::string& algorithm);

}  // namespace dvfo::cli
