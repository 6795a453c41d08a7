#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/cloud_settings.hpp"
#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "inference/model_bundle.hpp"
#include "messages/inference.hpp"

/// A cloud node as a library: everything that the actor system does lies behind these few calls, and no CAF type
/// appears.
namespace dvfo::cloud_node {

/// How a cloud node is set up, in the words and units of its flags.
struct settings {
  std::string bundle = configuration::default_bundle;                 ///< folder, or a name in bundles_folder()
  std::string listen = "127.0.0.1:7070";                              ///< port 0: any free one
  std::string backend = "cpu-int8";                                   ///< as inference::name_of writes it
  std::int64_t threads = actors::defaults::system::operator_threads;  ///< LibTorch's threads inside one operator
  actors::cloud_settings serving;
};

/// Declares them in the table; `values` must outlive it.
void declare(configuration::settings_table& table, settings& values);

/// A running cloud node. infer() may be called from any thread; the other calls belong to the owner's thread.
class cloud_node {
 public:
  using callback = std::function<void(messages::infer_reply)>;

  /// Loads the bundle and starts the workers; nothing listens yet. Throws inference::error(bad_bundle),
  /// configuration::usage_error for a listen address that is none, configuration::network_error for one that is not on
  /// loopback.
  explicit cloud_node(const settings& how);

  /// Drains, then stops the actors.
  ~cloud_node();
  cloud_node(cloud_node&&) noexcept;
  cloud_node& operator=(cloud_node&&) noexcept;

  [[nodiscard]] const inference::bundle_manifest& manifest() const;

  /// Opens the port and returns its number. Throws configuration::network_error when the address is taken or unusable.
  std::uint16_t listen();

  /// Serves one request of this very process, as a program that embeds a cloud (or measures it) does. `done` is called
  /// exactly once, on one of the node's threads.
  void infer(const messages::infer_request& request, callback done);

  /// Closes the port, refuses new requests and returns when every one in flight has its reply.
  void drain();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::cloud_node
