#include "policy/schemes/scheme_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "device/board_profile.hpp"
#include "policy/schemes/appealnet_scheme.hpp"
#include "policy/schemes/drldo_scheme.hpp"
#include "policy/schemes/dvfo_scheme.hpp"
#include "policy/schemes/fixed_scheme.hpp"
#include "policy/schemes/oracle.hpp"
#include "policy/schemes/tabular_dvfs.hpp"

namespace dvfo::policy {
namespace {

using scheme_maker = std::function<std::unique_ptr<scheme>(const scheme_setting&)>;

constexpr std::string_view mode_prefix = "nvpmodel:";

device::clocks to_clocks(const device::simulated::operating_clocks& at) { return {at.cpu_hz, at.gpu_hz, at.memory_hz}; }

/// Clocks are left alone: they stand at the highest, as `jetson_clocks` has them.
scheme_maker always(double share, sending sends = sending::features) {
  return [=](const scheme_setting&) { return std::make_unique<fixed_scheme>(share, device::clocks{}, sends); };
}

scheme_maker highest_clocks() {
  return [](const scheme_setting& setting) {
    return std::make_unique<fixed_scheme>(0.0, to_clocks(setting.physics->board().highest()));
  };
}

/// The mode's limits, at which the clocks stand.
scheme_maker mode(const device::clocks& limits) {
  return [limits](const scheme_setting& setting) {
    return std::make_unique<fixed_scheme>(0.0, to_clocks(setting.physics->board().effective({}, limits)));
  };
}

scheme_maker tabular(tabular_goal goal) {
  return [goal](const scheme_setting& setting) {
    return std::make_unique<tabular_dvfs>(
        setting.physics->board().points(device::knob::cpu),
        tabular_options{.goal = goal, .max_power_watts = setting.max_power_watts, .seed = setting.seed});
  };
}

std::unique_ptr<scheme> make_drldo(const scheme_setting& setting) {
  std::vector<double> shares;
  for (const auto& way : setting.physics->model().input_ways) {
    if (way.sends == sending::input) shares.push_back(way.terms.share);
  }
  return std::make_unique<drldo_scheme>(
      setting.physics->board().points(device::knob::cpu), std::move(shares),
      drldo_options{.max_power_watts = setting.max_power_watts, .seed = setting.seed});
}

std::unique_ptr<scheme> make_appealnet(const scheme_setting& setting) {
  const auto& known = setting.discriminator;
  if (!known.accepts.empty()) return std::make_unique<appealnet_scheme>(known.accepts);
  return std::make_unique<appealnet_scheme>(known.skipping_rate, setting.seed);
}

scheme_maker oracle(bool also_input) {
  return [also_input](const scheme_setting& setting) {
    return std::make_unique<oracle_scheme>(*setting.physics, setting.max_power_watts, setting.world, also_input);
  };
}

std::unique_ptr<scheme> make_trained(const scheme_setting& setting, const policy_bundle& trained) {
  const policy_place where = {.board = setting.physics->board().parameters().board,
                              .network = setting.physics->model().name,
                              .physics = setting.physics,
                              .max_power_watts = setting.max_power_watts};
  return std::make_unique<dvfo_scheme>(trained, where, setting.complain);
}

std::unique_ptr<scheme> make_dvfo(const scheme_setting& setting) { return make_trained(setting, *setting.trained); }

std::unique_ptr<scheme> make_dvfo_blocking(const scheme_setting& setting) {
  return make_trained(setting, *setting.trained_blocking);
}

std::vector<scheme_entry> common_table() {
  return {
      {.name = "edge-only",
       .what = "everything on the edge at the highest clocks",
       .make = always(0.0),
       .knows = knowledge::situation},
      {.name = "cloud-only",
       .what = "the whole feature map to the cloud, highest clocks",
       .make = always(1.0),
       .knows = knowledge::situation},
      {.name = "cloud-jpeg",
       .what = "the compressed input to the cloud, which runs the unsplit network; highest clocks",
       .make = always(1.0, sending::compressed),
       .knows = knowledge::situation},
      {.name = "fixed",
       .what = "half of the features to the cloud, highest clocks",
       .make = [](const scheme_setting& setting) { return std::make_unique<fixed_scheme>(setting.share); },
       .knows = knowledge::situation,
       .chosen_by = chooser::user},
      {.name = "governor:performance",
       .what = "edge only, every clock ordered to its highest (cpufreq, devfreq)",
       .make = highest_clocks()},
      {.name = "governor:schedutil",
       .what = "edge only, clocks by load: schedutil and simple_ondemand",
       .make = always(0.0),
       .knows = knowledge::situation,
       .leaves = left_clocks::governed},
      {.name = "qlearning-dvfs",
       .what = "edge only, CPU clock by tabular Q-learning (as QL-HDS)",
       .make = tabular(tabular_goal::cost),
       .learns = learning::on_tasks},
      {.name = "cartad",
       .what = "edge only, CPU clock by tabular Q-learning for a cool die within a latency guarantee",
       .make = tabular(tabular_goal::temperature),
       .learns = learning::on_tasks},
      {.name = "drldo",
       .what = "CPU clock and share of the uncompressed input by a blocking DQN; GPU and memory left alone",
       .make = make_drldo,
       .decides = decision_time::blocking,
       .learns = learning::on_tasks},
      {.name = "appealnet",
       .what = "edge first; doubtful answers appeal to the cloud with the compressed input; no clocks",
       .make = make_appealnet,
       .knows = knowledge::situation,
       .repeats = repetition::drawn,
       .sends = moment::on_appeal},
      {.name = "dvfo",
       .what = "clocks and share by the trained policy (concurrent deep Q-learning)",
       .make = make_dvfo,
       .decides = decision_time::ahead,
       .learns = learning::before},
      {.name = "dvfo-blocking",
       .what = "the same agent trained and asked when the task is there, which waits for it",
       .make = make_dvfo_blocking,
       .decides = decision_time::blocking,
       .learns = learning::before},
      {.name = "certainty-equivalent",
       .what = "exhaustive search with the true physics and the sensed link, as if that were certain",
       .make =
           [](const scheme_setting& setting) {
             return std::make_unique<certainty_equivalent_scheme>(*setting.physics, setting.max_power_watts);
           }},
      {.name = "oracle",
       .what = "exhaustive search over clocks and share with the true physics",
       .make = oracle(false),
       .knows = knowledge::truth},
      {.name = "oracle-any",
       .what = "the same, and the input may be sent in any form",
       .make = oracle(true),
       .knows = knowledge::truth},
  };
}

std::string wanted_policy(const scheme_entry& which) {
  if (which.decides != decision_time::blocking)
    return fmt::format("{} decides by a trained policy, and none was given", which.name);
  return fmt::format(
      "{} decides by a policy that was trained blocking, and none was given; train one by 'dvfo train policy "
      "--thinking "
      "blocking --output DIR' and name it by --blocking-policy DIR",
      which.name);
}

std::vector<scheme_entry> mode_table(std::string_view board) {
  std::vector<scheme_entry> modes;
  const auto boards = device::board_catalogue();
  const auto found = std::find_if(boards.begin(), boards.end(), [&](const auto& each) { return each.name == board; });
  if (found == boards.end()) return modes;  // a board of a test's own
  for (const auto& each : found->modes) {
    modes.push_back({.name = std::string(mode_prefix) + each.name,
                     .what = fmt::format("edge only, clocks at the limits of nvpmodel's mode {}", each.id),
                     .make = mode(each.limits)});
  }
  return modes;
}

}  // namespace

std::vector<scheme_entry> scheme_table(std::string_view board) {
  auto all = common_table();
  auto modes = mode_table(board);
  const auto learners =
      std::find_if(all.begin(), all.end(), [](const auto& each) { return each.learns == learning::on_tasks; });
  all.insert(learners, std::make_move_iterator(modes.begin()), std::make_move_iterator(modes.end()));
  return all;
}

std::optional<scheme_entry> find_scheme(std::string_view name) {
  for (auto& each : common_table()) {
    if (each.name == name) return each;
  }
  return std::nullopt;
}

std::string scheme_names() {
  std::vector<std::string> names;
  for (const auto& each : common_table()) names.push_back(each.name);
  return fmt::format("{}, {}MODE", fmt::join(names, ", "), mode_prefix);
}

std::vector<scheme_entry> find_schemes(std::string_view board, const std::vector<std::string>& names, bool has_policy,
                                       bool has_blocking_policy) {
  const auto lacks_policy = [&](const scheme_entry& each) {
    const bool has_its_own = each.decides == decision_time::blocking ? has_blocking_policy : has_policy;
    return each.learns == learning::before && !has_its_own;
  };
  const auto table = scheme_table(board);
  std::vector<scheme_entry> found;
  for (const auto& name : names) {
    const bool is_group = name == "all" || name == "nvpmodel";
    const std::string prefix = name == "nvpmodel" ? std::string(mode_prefix) : std::string();
    const auto before = found.size();
    for (const auto& each : table) {
      if (is_group ? !each.name.starts_with(prefix) || lacks_policy(each) : each.name != name) continue;
      if (lacks_policy(each)) throw std::invalid_argument(wanted_policy(each));
      found.push_back(each);
    }
    if (found.size() > before) continue;
    std::vector<std::string> known;
    known.reserve(table.size());
    for (const auto& each : table) known.push_back(each.name);
    throw std::invalid_argument(fmt::format("no scheme is called \"{}\" on {}; there are {}, and \"all\"", name, board,
                                            fmt::join(known, ", ")));
  }
  return found;
}

}  // namespace dvfo::policy
