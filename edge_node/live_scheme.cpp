#include "edge_node/live_scheme.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <utility>

#include "configuration/paths.hpp"
#include "configuration/settings.hpp"
#include "device/simulated/specifications.hpp"
#include "inference/data/dataset.hpp"
#include "inference/discriminator.hpp"
#include "link/probing.hpp"
#include "policy/schemes/scheme_table.hpp"
#include "policy/schemes/warm_up.hpp"
#include "policy/task_cost/bundle_task.hpp"

namespace dvfo::edge_node {
namespace {

namespace sim = device::simulated;
using configuration::usage_error;

constexpr std::uint64_t live_seed = 1;

/// What a scheme leaves alone is the kernel governors' where it says so and there is a kernel; a live simulated board
/// has none.
device::clocks standing_on(const edge_board* board, const policy::scheme_entry& entry) {
  const bool is_governed = entry.leaves == policy::left_clocks::governed;
  if (board == nullptr || (is_governed && !board->is_simulated())) return {};
  return board->ordered_clocks();
}

bool is_blocking(const policy::scheme_entry& entry) { return entry.decides == policy::decision_time::blocking; }

/// A scheme and all that it decides by; knobs that it leaves alone stand at `standing`.
class complete_scheme final : public policy::scheme {
 public:
  complete_scheme(const settings& how, const edge_board* board, const inference::model_bundle& bundle,
                  const policy::scheme_entry& entry)
      : standing_(standing_on(board, entry)) {
    policy::scheme_setting setting;
    setting.seed = live_seed;
    if (how.share >= 0.0) setting.share = how.share;
    setting.complain = [](const std::string& what) { spdlog::warn("{}", what); };
    // Which answers are doubtful is judged when the local DNN has given them: every task may appeal.
    setting.discriminator.skipping_rate = 0.0;
    if (board != nullptr && board->model()) {
      model_ = board->model();
      setting.max_power_watts = board->identity().profile->max_power_watts;
    }
    if (entry.knows != policy::knowledge::situation) {
      const auto images = inference::open_dataset("procedural", inference::subset::test);
      const double element_bytes = sim::find_specification(model_->parameters().board).element_bytes;
      physics_.emplace(*model_, policy::task_of(bundle, *images, element_bytes));
      setting.physics = &*physics_;
    }
    if (entry.learns == policy::learning::before) {
      trained_ = how.policy.empty() ? policy::load_policy_for(configuration::bundles_folder(),
                                                              model_->parameters().board, physics_->model().name)
                                    : policy::load_policy(configuration::find_bundle(how.policy));
      (is_blocking(entry) ? setting.trained_blocking : setting.trained) = &*trained_;
    }
    inner_ = entry.make(setting);
    if (inner_->learns()) learn(how);
  }

  [[nodiscard]] policy::decision decide(const policy::situation& now) override {
    auto decided = inner_->decide(now);
    for (const auto which : device::all_knobs) {
      if (!decided.clocks[which]) decided.clocks[which] = standing_[which];
    }
    return decided;
  }

  void observe(const policy::outcome& result) override { inner_->observe(result); }

 private:
  /// Exploring on real tasks would cost their users; in virtual time it costs seconds.
  void learn(const settings& how) {
    const auto link = link::trace::constant(how.learn_mbps * 1e6);
    policy::world world(*physics_, link,
                        {.rtt_seconds = how.learn_rtt_ms / 1e3,
                         .eta = how.eta,
                         .when = {.how = policy::arrivals::kind::on_demand, .mean_seconds = 0.0},
                         .seed = live_seed,
                         .probe_seconds = link::probing::first_silence.count()});
    policy::warm_up(*inner_, world, static_cast<std::size_t>(how.learn_tasks));
    if (how.learn_tasks == 0) return;
    spdlog::info("{} has learned from {} tasks in virtual time at {} Mbit/s", how.scheme, how.learn_tasks,
                 how.learn_mbps);
  }

  device::clocks standing_;
  std::shared_ptr<const sim::physics> model_;
  std::optional<policy::task_physics> physics_;
  std::optional<policy::policy_bundle> trained_;
  std::unique_ptr<policy::scheme> inner_;
};

/// What the scheme needs and does not find here; empty if nothing.
std::string obstacle(const policy::scheme_entry& entry, const edge_board* board) {
  if (entry.knows == policy::knowledge::truth) {
    return "it looks at the true link, which only virtual time shows; 'dvfo evaluate schemes' runs it";
  }
  if (entry.leaves == policy::left_clocks::governed && board != nullptr && board->is_simulated()) {
    return "a live simulated board has no kernel that would govern its clocks; 'dvfo evaluate schemes' runs it";
  }
  if (entry.knows != policy::knowledge::situation && (board == nullptr || !board->model())) {
    return "it decides by a board's operating points and physics, which this one lacks; name a board by --board, such "
           "as sim:jetson-xavier-nx";
  }
  return {};
}

std::string board_name(const edge_board* board) { return board == nullptr ? "" : board->identity().profile->name; }

/// The first scheme of the table that is so.
template <class F>
std::string name_of(F&& is_so) {
  for (const auto& each : policy::scheme_table({})) {
    if (is_so(each)) return each.name;
  }
  return {};
}

bool is_users(const policy::scheme_entry& entry) { return entry.chosen_by == policy::chooser::user; }
bool is_trained(const policy::scheme_entry& entry) { return entry.learns == policy::learning::before; }

}  // namespace

board_settings board_settings_of(const settings& how) {
  auto board = how.board;
  if (how.share > -1.0 && how.share < 0.0) {
    throw usage_error(fmt::format("--share is {}; expected 0 to 1, or -1 for a half", how.share));
  }
  const auto refuse = [&](const std::string& option, const std::string& owner) {
    throw usage_error(
        fmt::format("--{} belongs to --scheme {}, and the scheme is {}; leave one away", option, owner, how.scheme));
  };
  // Names of none are refused with the board, whose modes are schemes, too.
  const auto entry = policy::find_scheme(how.scheme).value_or(policy::scheme_entry{});
  if (!how.policy.empty() && !is_trained(entry)) refuse("policy " + how.policy, name_of(is_trained));
  if (is_users(entry)) return board;
  if (how.share >= 0.0) refuse("share", name_of(is_users));
  if (board.clocks != "keep") refuse("clocks", name_of(is_users));
  if (how.policy.empty() && is_trained(entry) && is_blocking(entry)) {
    throw usage_error(
        fmt::format("--scheme {} needs a policy that was trained blocking; name it by --policy DIR", how.scheme));
  }
  if (entry.leaves != policy::left_clocks::governed) board.clocks = "highest";
  return board;
}

live_scheme make_live_scheme(const settings& how, const edge_board* board, const inference::model_bundle& bundle) {
  std::vector<policy::scheme_entry> found;
  try {
    found = policy::find_schemes(board_name(board), {how.scheme}, true, true);
  } catch (const std::invalid_argument& problem) {
    throw usage_error(fmt::format("--scheme {}: {}", how.scheme, problem.what()));
  }
  if (found.size() != 1) {
    throw usage_error(fmt::format("--scheme {} is {} schemes, expected one", how.scheme, found.size()));
  }
  if (const auto why = obstacle(found.front(), board); !why.empty()) {
    throw usage_error(fmt::format("--scheme {} cannot run here: {}", how.scheme, why));
  }
  const auto& entry = found.front();
  return {std::make_shared<complete_scheme>(how, board, bundle, entry), is_blocking(entry)};
}

std::function<bool(const std::vector<float>&)> make_appeal_judge(const settings& how,
                                                                 const inference::bundle_manifest& manifest) {
  const auto entry = policy::find_scheme(how.scheme);
  if (!entry || entry->sends != policy::moment::on_appeal) return {};
  const auto file = inference::appeal_rule_file(configuration::find_bundle(how.bundle));
  return [rule = inference::load_appeal_rule(file, manifest.id)](const std::vector<float>& logits) {
    return rule.accepts(logits);
  };
}

}  // namespace dvfo::edge_node
