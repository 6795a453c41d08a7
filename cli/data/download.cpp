#include "cli/data/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <exception>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

#include "configuration/address.hpp"
#include "configuration/settings.hpp"
#include "inference/error.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr int status_ok = 200;
constexpr int status_partial = 206;
constexpr int status_out_of_range = 416;
constexpr int status_too_many_requests = 429;

/// The growing file, locked against a second process that would interleave its bytes with ours.
class part_file {
 public:
  explicit part_file(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail("cannot be opened for writing; check the folder and its permissions");
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      ::close(descriptor_);
      errno = reason;
      fail("is locked; wait until the other download has ended");
    }
    struct stat found {};
    if (::fstat(descriptor_, &found) == 0) size_ = static_cast<std::uint64_t>(found.st_size);
  }
  ~part_file() {
    if (size_ == 0) ::unlink(path_.c_str());  // still locked, so nobody else's
    ::close(descriptor_);
  }
  part_file(const part_file&) = delete;
  part_file& operator=(const part_file&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }

  void append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        fail(fmt::format("cannot be written beyond {} bytes; free some space and run the command again, it continues",
                         size_));
      size_ += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void clear() {
    if (size_ != 0 && ::ftruncate(descriptor_, 0) != 0) fail("cannot be emptied; delete it");
    size_ = 0;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    const std::string reason = std::generic_category().message(errno);
    throw inference::error(inference::errc::io, fmt::format("{}: {} ({})", path_.string(), what, reason));
  }

  std::filesystem::path path_;
  int descriptor_;
  std::uint64_t size_ = 0;
};

struct address_parts {
  std::string origin;  // scheme, host and port
  std::string path;
};

address_parts split_url(const std::string& url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::size_t slash = url.find('/', scheme.size());
    const std::string origin = url.substr(0, slash);
    if (origin.size() == scheme.size()) break;
    return {origin, slash == std::string::npos ? "/" : url.substr(slash)};
  }
  throw usage_error(fmt::format("--url {}: an address like https://host/path/file.tar.gz is expected", url));
}

struct content_range {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> total;
};

/// Reads "bytes 100-999/1000", where the total may be "*".
std::optional<content_range> parse_content_range(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (!text.starts_with(unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  content_range found;
  const auto dash = std::from_chars(text.data(), text.data() + text.size(), found.first);
  const std::size_t slash = text.find('/');
  if (dash.ec != std::errc{} || slash == std::string_view::npos) return std::nullopt;
  std::uint64_t total = 0;
  const std::string_view last = text.substr(slash + 1);
  if (std::from_chars(last.data(), last.data() + last.size(), total).ec == std::errc{}) found.total = total;
  return found;
}

std::optional<std::uint64_t> content_length(const httplib::Response& response) {
  const std::string text = response.get_header_value("Content-Length");
  std::uint64_t length = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), length).ec != std::errc{}) return std::nullopt;
  return length;
}

/// One request and what becomes of its answer. The callbacks run inside the HTTP library, so what they throw waits in
/// `failure` until the library has cleaned up.
class attempt {
 public:
  attempt(const download_options& options, part_file& part) : options_(options), part_(part), offset_(part.size()) {}

  /// True when the file is complete; false when another attempt may help, with why().
  bool run(httplib::Client& client, const std::string& path) {
    httplib::Headers headers = {{"Accept-Encoding", "identity"}};  // an archive must arrive as it is stored
    if (offset_ > 0) headers.emplace("Range", fmt::format("bytes={}-", offset_));
    const auto result = client.Get(
        path, headers, [this](const httplib::Response& response) { return guarded([&] { return accept(response); }); },
        [this](const char* data, std::size_t size) { return guarded([&] {
                                                       return receive({data, size});
                                                     }); });
    if (failure_) std::rethrow_exception(failure_);
    if (status_ == status_out_of_range && offset_ > 0) return true;  // nothing is left to send; the digest will judge
    if (status_ != 0 && status_ != status_ok && status_ != status_partial) return refuse_status();
    if (!result) return refuse_transport(result.error());
    if (total_ && part_.size() != *total_) {
      why_ = fmt::format("{} of {} bytes came", part_.size(), *total_);
      return false;
    }
    if (part_.size() == 0) why_ = "the server sent an empty file";
    return why_.empty();
  }

  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool brought_bytes() const { return received_ > 0; }

 private:
  template <class Action>
  bool guarded(Action action) {
    try {
      return action();
    } catch (...) {
      failure_ = std::current_exception();
      return false;
    }
  }

  bool accept(const httplib::Response& response) {
    status_ = response.status;
    if (status_ == status_partial) {
      const auto range = parse_content_range(response.get_header_value("Content-Range"));
      if (!range || range->first != offset_) {
        part_.clear();
        why_ = fmt::format("the server sent the range '{}' instead of bytes from {} on",
                           response.get_header_value("Content-Range"), offset_);
        return false;
      }
      total_ = range->total;
      return true;
    }
    if (status_ != status_ok) return false;
    part_.clear();  // the server sends the file from its beginning, asked or not
    total_ = content_length(response);
    return true;
  }

  bool receive(std::string_view bytes) {
    if (part_.size() + bytes.size() > options_.max_bytes) {
      throw network_error(
          fmt::format("{}: the file is longer than {} bytes; that cannot be the one asked for, check --url",
                      options_.url, options_.max_bytes));
    }
    part_.append(bytes);
    received_ += bytes.size();
    if (options_.on_progress) options_.on_progress({part_.size(), total_});
    return true;
  }

  /// 5xx and "too many requests" may pass; anything else will not change by asking again.
  bool refuse_status() {
    why_ = fmt::format("the server answered with status {}", status_);
    if (status_ >= 500 || status_ == status_too_many_requests) return false;
    throw network_error(fmt::format("{}: {}; 200 is expected, check --url", options_.url, why_));
  }

  bool refuse_transport(httplib::Error problem) {
    if (problem == httplib::Error::SSLServerVerification || problem == httplib::Error::SSLLoadingCerts) {
      throw network_error(
          fmt::format("{}: the server's certificate cannot be verified; install ca-certificates and check the clock",
                      options_.url));
    }
    if (problem == httplib::Error::ExceedRedirectCount) {
      throw network_error(fmt::format("{}: redirected too often; check --url", options_.url));
    }
    if (why_.empty())
      why_ = fmt::format("the connection failed ({}) after {} bytes", httplib::to_string(problem), part_.size());
    return false;
  }

  const download_options& options_;
  part_file& part_;
  std::uint64_t offset_;
  std::uint64_t received_ = 0;
  int status_ = 0;
  std::optional<std::uint64_t> total_;
  std::string why_;
  std::exception_ptr failure_;
};

}  // namespace

void download(const download_options& options) {
  const address_parts address = split_url(options.url);
  part_file part(options.part);
  httplib::Client client(address.origin);
  if (!client.is_valid()) throw usage_error(fmt::format("--url {}: not a usable address", options.url));
  client.set_connection_timeout(options.connection_timeout);
  client.set_read_timeout(options.silence_timeout);
  client.set_write_timeout(options.silence_timeout);
  client.set_follow_location(true);
  client.set_decompress(false);
  for (int fruitless = 0; fruitless < options.attempts;) {
    attempt next(options, part);
    if (next.run(client, address.path)) return;
    fruitless = next.brought_bytes() ? 1 : fruitless + 1;
    if (fruitless >= options.attempts) {
      throw network_error(fmt::format(
          "{}: {}; {} attempts in a row brought nothing. Run the command again later: it continues at {} bytes",
          options.url, next.why(), fruitless, part.size()));
    }
    std::this_thread::sleep_for(options.pause);
  }
}

std::string file_digest(const std::filesystem::path& file, const std::string& algorithm) {
  const EVP_MD* method = EVP_get_digestbyname(algorithm.c_str());
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (method == nullptr || EVP_DigestInit_ex(context.get(), method, nullptr) != 1) {
    throw usage_error(fmt::format("checksum algorithm '{}' is unknown; md5 or sha256 is expected", algorithm));
  }
  std::ifstream stream(file, std::ios::binary);
  std::array<char, 65536> block{};
  while (stream) {
    stream.read(block.data(), block.size());
    EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (!stream.eof())
    throw inference::error(inference::errc::io,
                           fmt::format("{}: cannot be read to compute its checksum", file.string()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  std::string text;
  for (unsigned int at = 0; at < size; ++at) text += fmt::format("{:02x}", digest[at]);
  return text;
}

}  // namespace dvfo::cli
