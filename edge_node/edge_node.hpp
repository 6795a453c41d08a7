#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/defaults.hpp"
#include "edge_node/settings.hpp"
#include "inference/model_bundle.hpp"
#include "inference/tasks/kinds.hpp"
#include "policy/outcome.hpp"

/// An edge node as a library: everything that the actor system does lies behind these few calls, and no CAF type
/// appears.
namespace dvfo::edge_node {

/// The one answer to a task.
struct answer {
  inference::any_prediction prediction;  ///< none if the task failed
  policy::outcome outcome;
  double eta = 0.5;              ///< as the task asked for it
  std::optional<double> lambda;  ///< likewise; absent: the bundle's own
  std::string failure;           ///< why there is no prediction; empty if there is one
  [[nodiscard]] bool ok() const { return failure.empty(); }
};

/// What one task asks for instead of the node's own settings.
struct task_override {
  std::optional<double> eta = {};     ///< 0 to 1, DVFO Eq. 4
  std::optional<double> lambda = {};  ///< 0 to 1; weight of the local half
};

/// How often a decision was there when a task came.
struct decision_counts {
  std::uint64_t ready = 0;      ///< thought out ahead and used as it was
  std::uint64_t late = 0;       ///< a task had to ask and wait
  std::uint64_t stale = 0;      ///< ready, but the state had moved on when it was used
  std::uint64_t defaulted = 0;  ///< the policy failed or took too long: edge only, the clocks left as they stood
};

/// How the link to the cloud stands.
struct cloud_state {
  bool wanted = false;  ///< false with --cloud none
  bool up = false;
  bool refused = false;  ///< the cloud answered, but holds another bundle or speaks another protocol
  std::string reason;    ///< why it is not up, in words
};

/// A running edge node. submit(), decisions() and link_up() may be called from any thread; the other calls belong to
/// the owner's.
class edge_node {
 public:
  using callback = std::function<void(answer)>;

  /// Loads the bundle, starts the actors and begins to connect. Throws inference::error(bad_bundle),
  /// configuration::usage_error for a cloud that is no address, configuration::network_error for one that is not on
  /// loopback.
  explicit edge_node(const settings& how);

  /// Drains, then stops the actors.
  ~edge_node();
  edge_node(edge_node&&) noexcept;
  edge_node& operator=(edge_node&&) noexcept;

  [[nodiscard]] const inference::bundle_manifest& manifest() const;

  /// Waits until the first attempt to connect has succeeded or failed, and goes on waiting for success for connect_ms
  /// in all. A cloud that is refused ends the wait. With no cloud it returns at once.
  cloud_state wait_for_cloud();

  /// Starts a task. `done` is called exactly once, on one of the node's threads: keep it short. More tasks than the
  /// gateway admits at once (max_tasks_in_flight) fail at once as busy, and what cannot be (η of 2) as a bad task.
  void submit(std::shared_ptr<const inference::any_input> asked, callback done, const task_override& other = {});

  /// The same with a future.
  std::future<answer> submit(std::shared_ptr<const inference::any_input> asked);

  /// Of all tasks since the start, warm-up included; absent when the policy does not answer within a second.
  [[nodiscard]] std::optional<decision_counts> decisions() const;

  /// Whether a cloud is connected now; absent with --cloud none. Any thread.
  [[nodiscard]] std::optional<bool> link_up() const;

  /// Calls `watcher` on one of the node's threads whenever that changes: keep it short, and do not call the node from
  /// it. There is one watcher at a time; with an empty one there is none, once a call under way is over.
  void watch_link(std::function<void(bool up)> watcher);

  /// Takes no new tasks and returns when every task in flight has its answer.
  void drain();

  static constexpr std::size_t max_tasks_in_flight = actors::defaults::gateway::max_admitted;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dvfo::edge_node
