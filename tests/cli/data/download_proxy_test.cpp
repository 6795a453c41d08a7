#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "configuration/settings.hpp"
#include "tests/cli/data/data_server.hpp"
#include "tests/cli/data/proxy_server.hpp"

namespace dvfo::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// A data set whose host only the proxy knows, as behind the firewall of a company or a university.
class download_through_proxy : public data_server {
 protected:
  void SetUp() override {
    data_server::SetUp();
    proxy_.emplace(port_);
    options_.url = "http://set.example/set.tar.gz";
    options_.transfer.variables = [this](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(proxy_->port()); }

  std::map<std::string, std::string> variables_;
  std::optional<proxy_server> proxy_;
};

// `dvfo data get` did not read http_proxy: behind a firewall it said that the connection had failed and that it should
// be run again later.
TEST_F(download_through_proxy, fetches_a_plain_address) {
  variables_["http_proxy"] = "http://" + address();
  expect_fetched();
  EXPECT_THAT(proxy_->requests(), ElementsAre("GET http://set.example/set.tar.gz HTTP/1.1"));
}

TEST_F(download_through_proxy, continues_what_an_earlier_run_left) {
  variables_["HTTP_PROXY"] = address();
  tests::write_file(part(), tarball_.substr(0, 1000));
  expect_fetched();
  EXPECT_THAT(ranges_, ElementsAre("bytes=1000-"));
}

TEST_F(download_through_proxy, goes_straight_where_no_proxy_says_so) {
  variables_ = {{"http_proxy", "http://" + address()}, {"no_proxy", "localhost,127.0.0.1"}};
  options_.url = "http://127.0.0.1:" + std::to_string(port_) + "/set.tar.gz";
  expect_fetched();
  EXPECT_THAT(proxy_->requests(), IsEmpty());
}

// A proxy is chosen anew for each address: the first one's is wrong where a redirect leads into the own network.
TEST_F(download_through_proxy, chooses_anew_when_it_is_redirected) {
  variables_ = {{"http_proxy", "http://" + address()}, {"no_proxy", "127.0.0.1"}};
  const auto whole = answer_;
  const auto there = "http://127.0.0.1:" + std::to_string(port_) + "/set.tar.gz?mirror#part";
  answer_ = [&](const httplib::Request& request, httplib::Response& response) {
    if (request.params.empty()) return response.set_redirect(there);
    whole(request, response);
  };
  expect_fetched();
  EXPECT_THAT(ranges_, SizeIs(2));
  EXPECT_THAT(proxy_->requests(), SizeIs(1));
}

TEST_F(download_through_proxy, says_what_to_do_when_the_proxy_wants_a_login) {
  proxy_->refuse_with("407 Proxy Authentication Required");
  variables_["http_proxy"] = "http://me:secret@" + address();
  EXPECT_THAT(network_failure(), AllOf(HasSubstr(address()), HasSubstr("http_proxy"), HasSubstr("another name"),
                                       Not(HasSubstr("secret"))));
  EXPECT_THAT(proxy_->heads(), ElementsAre(HasSubstr("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n")));
}

TEST_F(download_through_proxy, names_a_proxy_that_does_not_answer) {
  variables_["http_proxy"] = "http://" + address();
  proxy_.reset();
  EXPECT_THAT(network_failure(), AllOf(HasSubstr("through the proxy 127.0.0.1:"), HasSubstr("named by http_proxy")));
}

// libcurl was given the number without its brackets, which it does not understand: it never tried to connect.
TEST_F(download_through_proxy, may_be_an_ipv6_number) {
  variables_["http_proxy"] = "http://[::1]:1";
  EXPECT_THAT(network_failure(),
              AllOf(HasSubstr("through the proxy [::1]:1, named by http_proxy"), Not(HasSubstr("syntax"))));
}

TEST_F(download_through_proxy, is_proposed_when_the_server_cannot_be_reached) {
  EXPECT_THAT(network_failure(), AllOf(HasSubstr(options_.url), HasSubstr("https_proxy=http://HOST:PORT")));
}

template <class T, void (*release)(T*)>
struct released {
  void operator()(T* what) const { release(what); }
};
using certificate = std::unique_ptr<X509, released<X509, X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, released<EVP_PKEY, EVP_PKEY_free>>;

/// A certificate for `host` that vouches for itself.
certificate certificate_for(const std::string& host, EVP_PKEY* key) {
  certificate made(X509_new());
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key);
  auto* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
  X509_add_ext(made.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(made.get(), key, EVP_sha256());
  return made;
}

/// The same set behind https, at a host that only the proxy knows.
class secure_download_through_proxy : public download_through_proxy {
 protected:
  void SetUp() override {
    download_through_proxy::SetUp();
    const auto file = (folder_.path() / "trusted.pem").string();
    std::FILE* out = std::fopen(file.c_str(), "w");
    PEM_write_X509(out, certificate_.get());
    std::fclose(out);
    variables_["SSL_CERT_FILE"] = file;
    server_.Get("/set.tar.gz", [this](const httplib::Request& request, httplib::Response& response) {
      authorisations_.push_back(request.get_header_value("Proxy-Authorization"));
      response.set_content(tarball_, "application/gzip");
    });
    secure_port_ = server_.bind_to_any_port("127.0.0.1");
    ASSERT_GT(secure_port_, 0);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
    proxy_.emplace(secure_port_);
    options_.url = "https://set.example/set.tar.gz";
  }
  void TearDown() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
    download_through_proxy::TearDown();
  }

  private_key key_{EVP_EC_gen("P-256")};
  certificate certificate_ = certificate_for("set.example", key_.get());
  httplib::SSLServer server_{certificate_.get(), key_.get()};
  int secure_port_ = 0;
  std::vector<std::string> authorisations_;  // that reached the server

 private:
  std::thread thread_;
};

TEST_F(secure_download_through_proxy, fetches_through_a_tunnel) {
  variables_["https_proxy"] = "http://" + address();
  EXPECT_EQ(get(), data_get_outcome::fetched);
  EXPECT_THAT(proxy_->requests(), ElementsAre("CONNECT set.example:443 HTTP/1.1"));
}

TEST_F(secure_download_through_proxy, tells_the_login_to_the_proxy_alone) {
  variables_["https_proxy"] = "http://me:secret@" + address();
  EXPECT_EQ(get(), data_get_outcome::fetched);
  EXPECT_THAT(proxy_->heads(), ElementsAre(HasSubstr("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n")));
  EXPECT_THAT(authorisations_, ElementsAre(""));
}

TEST_F(secure_download_through_proxy, says_what_to_do_when_the_proxy_wants_a_login) {
  proxy_->refuse_with("407 Proxy Authentication Required");
  variables_["https_proxy"] = "http://" + address();
  EXPECT_THAT(network_failure(), AllOf(HasSubstr("wants a name and password"), HasSubstr("https_proxy")));
}

TEST_F(secure_download_through_proxy, names_a_proxy_that_makes_no_tunnel) {
  proxy_->refuse_with("403 Forbidden");
  variables_["https_proxy"] = "http://" + address();
  EXPECT_THAT(network_failure(), AllOf(HasSubstr("through the proxy " + address()), HasSubstr("https_proxy")));
}

}  // namespace
}  // namespace dvfo::cli
