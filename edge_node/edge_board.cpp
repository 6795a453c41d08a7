#include "edge_node/edge_board.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "configuration/settings.hpp"
#include "device/error.hpp"
#include "device/simulated/specifications.hpp"
#include "files/place.hpp"
#include "inference/bundle/manifest.hpp"
#include "policy/task_cost/descriptor.hpp"
#include "policy/task_cost/energy_estimate.hpp"

namespace dvfo::edge_node {
namespace {

namespace sim = device::simulated;

/// Makes local_inference's passes last as long as on the simulated board.
class simulated_pacer final : public actors::board_pacer {
 public:
  simulated_pacer(std::shared_ptr<sim::simulated_board> board, inference::model_costs costs)
      : board_(std::move(board)), costs_(costs) {}

  void begin(part which, double share) override {
    board_->work_begins(policy::to_workload(which == part::front ? costs_.front() : costs_.local_at(share)));
  }

  pass finish() override {
    const auto took = board_->work_ends();
    return {.seconds = took.seconds, .overrun_seconds = took.overrun_seconds};
  }

 private:
  std::shared_ptr<sim::simulated_board> board_;
  inference::model_costs costs_;
};

std::filesystem::path state_file(const board_settings& how, const device::board_identity& identity) {
  if (!how.clock_state.empty()) return how.clock_state;
  const auto folder = identity.root / "var/lib/dvfo";
  if (how.clocks == "keep") return folder / "clocks.state";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed) return folder / "clocks.state";
  spdlog::warn("{} cannot be made ({}): clocks would not be restored after a crash; name a file with --clock-state",
               folder.string(), failed.message());
  return {};
}

std::shared_ptr<const sim::physics> model_of(const std::string& board) {
  const auto known = sim::shipped_boards();
  if (std::find(known.begin(), known.end(), board) == known.end()) return nullptr;
  return std::make_shared<const sim::physics>(sim::physics::of_board(board));
}

/// `model` is null for a board without physics: its values are taken as float32 and int8.
inference::model_costs costs_on(const sim::physics* model, const inference::bundle_manifest& manifest) {
  inference::value_bytes sizes;
  if (model != nullptr) sizes.front = sizes.local = sim::find_specification(model->parameters().board).element_bytes;
  return inference::costs_of(inference::architecture_of(manifest), sizes);
}

/// Knobs that `--clocks` cannot set, each with its reason; loud only if it can set none.
void tell_of_missing_knobs(const device::frequency_control& control, const std::string& word) {
  bool is_any_there = false;
  for (const auto which : device::all_knobs) {
    const auto& found = control.capability(which);
    is_any_there = is_any_there || found.is_present;
    if (!found.is_present) spdlog::info("no {} clock to set: {}", device::to_string(which), found.reason);
  }
  if (!is_any_there) spdlog::warn("--clocks {} has no effect: this board offers no clock; see dvfo doctor", word);
}

}  // namespace

edge_board::edge_board(const board_settings& how, const inference::bundle_manifest& manifest)
    : clock_word_(how.clocks) {
  const auto warn = [](const std::string& text) { spdlog::warn("{}", text); };
  if (const auto name = sim::simulated_name(how.board); !name.empty()) {
    simulated_ = std::make_shared<sim::simulated_board>(
        sim::simulated_board_options{.board = std::string(name), .folder = how.folder});
    identity_ = device::detect(simulated_->root());
  } else {
    identity_ = device::detect("/", how.board == "auto" ? std::string() : how.board);
  }
  model_ = model_of(identity_.profile->name);
  costs_ = costs_on(model_.get(), manifest);
  sensors_ = std::make_shared<device::sensor_set>(identity_, warn);
  device::frequency_control_options options;
  options.state_file = state_file(how, identity_);
  options.warn = warn;
  // A board whose clocks are to be kept is not touched, unless an earlier node died and left them turned.
  if (how.clocks == "keep" && !files::stands(options.state_file)) return;
  try {
    control_ = std::make_shared<device::frequency_control>(identity_, std::move(options));
  } catch (const device::error& failure) {
    const bool is_users_mistake = failure.code() == device::errc::bad_argument && !how.clock_state.empty();
    if (is_users_mistake) throw configuration::usage_error(fmt::format("--clock-state: {}", failure.what()));
    // Another node may hold the clocks, or a file is not ours to write: sensing goes on all the same.
    spdlog::warn("clocks are left alone: {}", failure.what());
  }
  if (how.clocks == "keep") control_.reset();
  if (control_) tell_of_missing_knobs(*control_, how.clocks);
}

device::clocks edge_board::ordered_clocks() const {
  device::clocks out;
  if (!control_) return out;
  for (const auto which : device::all_knobs) {
    const auto& points = control_->capability(which).points;
    if (points.empty()) continue;
    const std::size_t place = clock_word_ == "lowest"   ? 0
                              : clock_word_ == "middle" ? points.size() / 2
                                                        : points.size() - 1;
    out[which] = points[place];
  }
  return out;
}

actors::clock_setter edge_board::clock_setter() const {
  if (!control_) return {};
  // The simulated board outlives the control that restores its files.
  return [board = simulated_, control = control_](const device::clocks& order) { return control->apply(order); };
}

actors::power_sensor_options edge_board::power_options() const {
  actors::power_sensor_options options;
  if (sensors_->total_source().empty()) return options;
  options.interval = std::max(std::chrono::duration<double>(sensors_->update_interval_seconds()),
                              std::chrono::duration<double>(actors::defaults::power::shortest_interval));
  // Temperatures move slowly and cost several more reads: once a second is plenty.
  options.read = [board = simulated_, sensors = sensors_, next = actors::time_point()](actors::time_point now) mutable {
    const bool is_due = now >= next;
    if (is_due) next = now + std::chrono::seconds(1);
    const auto seen = is_due ? sensors->read(now) : sensors->read_power(now);
    return actors::power_reading{.when = now,
                                 .watts = seen.total_watts,
                                 .total_joules = seen.total_joules,
                                 .celsius = device::die_celsius(seen.temperatures),
                                 .counted_since = seen.counted_since};
  };
  return options;
}

std::shared_ptr<actors::board_pacer> edge_board::pacer() const {
  if (!simulated_) return nullptr;
  return std::make_shared<simulated_pacer>(simulated_, costs_);
}

std::function<void(const policy::outcome&)> edge_board::radio() const {
  if (!simulated_) return {};
  return [board = simulated_](const policy::outcome& task) { board->sent(policy::sending_seconds(task)); };
}

std::function<std::optional<double>(const policy::outcome&)> edge_board::estimate() const {
  if (!model_) return {};
  return [model = model_, costs = costs_](const policy::outcome& task) {
    return policy::estimated_joules(*model, costs, task);
  };
}

std::unique_ptr<edge_board> open_board(const board_settings& how, const inference::bundle_manifest& manifest) {
  if (how.board == "none") return nullptr;
  try {
    return std::make_unique<edge_board>(how, manifest);
  } catch (const device::error& failure) {
    if (how.board != "auto") throw;
    spdlog::warn("no board: {}", failure.what());
    return nullptr;
  }
}

}  // namespace dvfo::edge_node
