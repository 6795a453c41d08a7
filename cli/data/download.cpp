#include "cli/data/download.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
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
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include "cli/data/proxy.hpp"
#include "configuration/address.hpp"
#include "configuration/settings.hpp"
#include "inference/error.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

constexpr long status_ok = 200;
constexpr long status_partial = 206;
constexpr long status_proxy_login = 407;
constexpr long status_out_of_range = 416;
constexpr long status_too_many_requests = 429;
constexpr int most_redirects = 20;                 // as browsers have it
constexpr std::uint64_t most_skipped = 1U << 20U;  // bytes of the page that comes with a redirect

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

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_http(const std::string& url) { return url.starts_with("https://") || url.starts_with("http://"); }

void check_url(const std::string& url) {
  if (is_http(url) && !host_of(url).empty()) return;
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

struct closed {
  void operator()(CURL* session) const { curl_easy_cleanup(session); }
};
using session = std::unique_ptr<CURL, closed>;

std::string header_of(CURL* from, const char* name) {
  curl_header* found = nullptr;
  return curl_easy_header(from, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

/// A request, those that it is redirected to, and what becomes of the answer. The callbacks run inside the HTTP
/// library, so what they throw waits in `failure` until the library has cleaned up.
class attempt {
 public:
  attempt(const download_options& options, part_file& part) : options_(options), part_(part), offset_(part.size()) {}

  /// True when the file is complete; false when another attempt may help, with why().
  bool run() {
    auto url = options_.url;
    for (int redirects = 0; redirects <= most_redirects; ++redirects) {
      const auto problem = ask(url);
      if (!is_redirect(status_) || location_.empty()) return judge(problem);
      if (!is_http(location_)) {
        throw network_error(
            fmt::format("{}: redirected to '{}'; http or https is expected, check --url", options_.url, location_));
      }
      url = location_;
    }
    throw network_error(fmt::format("{}: redirected too often; check --url", options_.url));
  }

  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool brought_bytes() const { return received_ > 0; }

 private:
  /// One request, with what it was answered in status_, location_ and the part.
  CURLcode ask(const std::string& url) {
    session_.reset(curl_easy_init());
    if (!session_) throw std::runtime_error("the HTTP library cannot be started");
    status_ = 0;
    skipped_ = 0;
    is_accepted_ = false;
    text_[0] = '\0';
    prepare(url);
    auto problem = curl_easy_perform(session_.get());
    if (failure_) std::rethrow_exception(failure_);
    get(CURLINFO_RESPONSE_CODE, status_);
    if (status_ != 0 && !is_accepted_ && problem == CURLE_OK) accept();  // an answer without a body
    char* to = nullptr;
    get(CURLINFO_REDIRECT_URL, to);  // already seen from `url`
    location_ = to == nullptr ? "" : to;
    return problem;
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(session_.get(), option, value);
  }
  template <class Value>
  void get(CURLINFO what, Value& into) const {
    curl_easy_getinfo(session_.get(), what, &into);
  }

  void prepare(const std::string& url) {
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_USERAGENT, "dvfo");
    set(CURLOPT_ACCEPT_ENCODING, "identity");  // an archive must arrive as it is stored
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connection_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.silence_timeout.count()));
    set(CURLOPT_ERRORBUFFER, text_.data());
    set(CURLOPT_WRITEFUNCTION, &attempt::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    if (offset_ > 0) set(CURLOPT_RANGE, fmt::format("{}-", offset_).c_str());
    // The library would read small letters alone where the address is http.
    via_ = proxy_of(url, options_.variables);
    set(CURLOPT_PROXY, via_ ? ("http://" + via_->address()).c_str() : "");
    set(CURLOPT_NOPROXY, "");
    if (via_ && !via_->user.empty()) {
      set(CURLOPT_PROXYUSERNAME, via_->user.c_str());
      set(CURLOPT_PROXYPASSWORD, via_->password.c_str());
    }
    // Networks that look into TLS have certificates of their own; these variables are OpenSSL's.
    if (const auto file = options_.variables("SSL_CERT_FILE")) set(CURLOPT_CAINFO, file->c_str());
    if (const auto folder = options_.variables("SSL_CERT_DIR")) set(CURLOPT_CAPATH, folder->c_str());
  }

  bool judge(CURLcode problem) {
    if (status_ == status_out_of_range && offset_ > 0) return true;  // nothing is left to send; the digest will judge
    if (status_ != 0 && status_ != status_ok && status_ != status_partial) return refuse_status();
    if (problem != CURLE_OK) return refuse_transport(problem);
    if (total_ && part_.size() != *total_) {
      why_ = fmt::format("{} of {} bytes came", part_.size(), *total_);
      return false;
    }
    if (part_.size() == 0) why_ = "the server sent an empty file";
    return why_.empty();
  }

  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& me = *static_cast<attempt*>(self);
    const std::string_view bytes(data, size * count);
    try {
      return me.take(bytes) ? bytes.size() : 0;  // 0 ends the transfer
    } catch (...) {
      me.failure_ = std::current_exception();
      return 0;
    }
  }

  bool take(std::string_view bytes) {
    get(CURLINFO_RESPONSE_CODE, status_);
    if (is_redirect(status_)) return (skipped_ += bytes.size()) <= most_skipped;  // the library follows a whole answer
    if (!is_accepted_ && !accept()) return false;
    return receive(bytes);
  }

  bool accept() {
    is_accepted_ = true;
    if (status_ == status_partial) {
      const auto text = header_of(session_.get(), "Content-Range");
      const auto range = parse_content_range(text);
      if (!range || range->first != offset_) {
        part_.clear();
        why_ = fmt::format("the server sent the range '{}' instead of bytes from {} on", text, offset_);
        return false;
      }
      total_ = range->total;
      return true;
    }
    if (status_ != status_ok) return false;
    part_.clear();  // the server sends the file from its beginning, asked or not
    curl_off_t length = -1;
    get(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, length);
    if (length >= 0) total_ = static_cast<std::uint64_t>(length);
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

  [[noreturn]] void refuse_login() const {
    throw network_error(
        fmt::format("{}: the proxy {}, wants {} name and password; give them there as "
                    "http://USER:PASSWORD@HOST:PORT",
                    options_.url, via_->to_string(), via_->user.empty() ? "a" : "another"));
  }

  /// 5xx and "too many requests" may pass; anything else will not change by asking again.
  bool refuse_status() {
    if (via_ && status_ == status_proxy_login) refuse_login();
    why_ = fmt::format("the server answered with status {}{}", status_, through());
    if (status_ >= 500 || status_ == status_too_many_requests) return false;
    throw network_error(fmt::format("{}: {}; 200 is expected, check --url", options_.url, why_));
  }

  bool refuse_transport(CURLcode problem) {
    long tunnel_status = 0;
    get(CURLINFO_HTTP_CONNECTCODE, tunnel_status);
    if (via_ && tunnel_status == status_proxy_login) refuse_login();
    if (problem == CURLE_PEER_FAILED_VERIFICATION || problem == CURLE_SSL_CACERT_BADFILE) {
      throw network_error(fmt::format(
          "{}: the server's certificate cannot be verified; install ca-certificates and check the clock, or "
          "name your network's certificates by SSL_CERT_FILE",
          options_.url));
    }
    if (!why_.empty()) return false;
    why_ = fmt::format("the connection{} failed ({}) after {} bytes", through(),
                       text_[0] == '\0' ? curl_easy_strerror(problem) : text_.data(), part_.size());
    if (!via_ && (problem == CURLE_COULDNT_CONNECT || problem == CURLE_COULDNT_RESOLVE_HOST)) {
      why_ += "; where only a proxy leads out of the network, name it by https_proxy=http://HOST:PORT";
    }
    return false;
  }

  [[nodiscard]] std::string through() const {
    return via_ ? fmt::format(" through the proxy {}", via_->to_string()) : std::string();
  }

  const download_options& options_;
  part_file& part_;
  std::uint64_t offset_;
  std::uint64_t received_ = 0;
  std::optional<proxy> via_;
  std::array<char, CURL_ERROR_SIZE> text_{};  // before the session, which writes to it
  session session_;
  long status_ = 0;
  bool is_accepted_ = false;
  std::uint64_t skipped_ = 0;  // bytes of a redirecting answer
  std::string location_;       // where the last answer redirects to
  std::optional<std::uint64_t> total_;
  std::string why_;
  std::exception_ptr failure_;
};

}  // namespace

void download(const download_options& options) {
  check_url(options.url);
  part_file part(options.part);
  for (int fruitless = 0; fruitless < options.attempts;) {
    attempt next(options, part);
    if (next.run()) return;
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
