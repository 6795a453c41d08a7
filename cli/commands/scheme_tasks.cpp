#include "cli/commands/scheme_tasks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "cli/commands/evaluate/evaluation_command.hpp"
#include "configuration/paths.hpp"
#include "device/board_profile.hpp"
#include "device/error.hpp"
#include "device/simulated/simulated_board.hpp"
#include "device/simulated/specifications.hpp"
#include "evaluation/appeals.hpp"
#include "evaluation/picture_sets.hpp"
#include "evaluation/task_accuracy.hpp"
#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/discriminator.hpp"
#include "inference/error.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"
#include "policy/task_cost/bundle_task.hpp"
#include "policy/task_cost/jpeg_bytes.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

namespace sim = device::simulated;

/// JPEG sizes differ by half from photograph to photograph: the mean of this many is good to a few percent.
constexpr std::size_t measured_photographs = 128;

/// Images to measure frames on: the bundle's test images where they are found, else the procedural set's.
std::unique_ptr<inference::dataset> images_for(const task_choice& choice, const inference::bundle_manifest& bundle) {
  const bool has_data = bundle.dataset != "procedural" && !choice.data.empty();
  return inference::open_dataset(has_data ? find_data(choice.data, bundle.dataset) : "procedural",
                                 inference::subset::test);
}

/// Hard images come as often as in the whole test set to a few percent.
constexpr std::size_t judged_images = 500;

std::string assumed_text(const policy::discriminator_figures& assumed) {
  return fmt::format("appealnet keeps {:g} % of its local answers, assumed", 1e2 * assumed.skipping_rate);
}

/// AppealNet's head for a bundle, if there is one; `origin` is told what its figures are.
policy::discriminator_figures discriminator_of(const task_choice& choice, const std::filesystem::path& folder,
                                               const inference::model_bundle& bundle, const inference::dataset& images,
                                               std::string& origin) {
  policy::discriminator_figures out;
  const bool is_named = !choice.discriminator.empty();
  const auto file = is_named ? std::filesystem::path(choice.discriminator) : inference::appeal_rule_file(folder);
  std::error_code failed;
  if (!is_named && !std::filesystem::exists(file, failed)) {
    origin += fmt::format("; {} ('dvfo train discriminator' measures it)", assumed_text(out));
    return out;
  }
  const auto rule = inference::load_appeal_rule(file, bundle.manifest().id);
  out.skipping_rate = rule.skipping_rate;
  out.top1_accepted = rule.top1_accepted;
  out.top1_appealed = rule.top1_appealed;
  origin += fmt::format("; appealnet keeps {:.1f} % of its local answers, measured on {} test images",
                        1e2 * rule.skipping_rate, rule.images);
  // Other images than those that the bundle is for would be hard or easy for no reason.
  if (images.labels() != bundle.manifest().labels) return out;
  out.accepts = evaluation::accepted_images(bundle, rule, images, judged_images);
  origin += fmt::format(", decided image by image on {} of them", out.accepts.size());
  return out;
}

/// Accuracies of every way, measured anew.
void measure(const task_choice& choice, const inference::model_bundle& bundle, const inference::dataset& images,
             compared_task& task) {
  const evaluation::sampled_images drawn(images, static_cast<std::size_t>(choice.measured));
  const auto found = evaluation::measure_task_accuracy(bundle, drawn, show_images);
  task.reference_top1 = found.reference_top1;
  evaluation::set_accuracy(task.model, found);
  task.origin += fmt::format("; accuracies measured now on {} test images of {}", drawn.size(), images.name());
}

compared_task bundle_task(const task_choice& choice, double element_bytes) {
  inference::prepare_for_single_images();
  inference::set_intra_op_threads(1);
  const auto folder = find_bundle(choice.bundle);
  const auto bundle = inference::model_bundle::load(folder);
  const auto images = images_for(choice, bundle.manifest());
  compared_task out{policy::task_of(bundle, *images, element_bytes),
                    {},
                    fmt::format("frames and JPEGs measured on {}", images->name())};
  out.reference_top1 = bundle.manifest().reference_top1;
  if (choice.measured > 0) measure(choice, bundle, *images, out);
  out.discriminator = discriminator_of(choice, folder, bundle, *images, out.origin);
  return out;
}

/// Mean JPEG of photographs at this size; absent where there are none.
class photographs {
 public:
  explicit photographs(const std::string& data) {
    const auto folder = std::filesystem::path(data) / "imagenette";
    if (!data.empty() && std::filesystem::is_directory(folder / "val")) folder_ = folder;
  }
  [[nodiscard]] std::optional<double> jpeg_bytes(int side) {
    if (!folder_) return std::nullopt;
    auto& known = bytes_[side];
    if (!known) {
      const auto images = inference::open_image_folder(*folder_, inference::subset::test, side);
      known = policy::mean_jpeg_bytes(*images, measured_photographs);
    }
    return known;
  }

 private:
  std::optional<std::filesystem::path> folder_;
  std::map<int, std::optional<double>> bytes_;
};

compared_task network_task(const std::string& name, double element_bytes, photographs& source) {
  const auto side = policy::image_side_of(name);
  const auto jpeg = side ? source.jpeg_bytes(*side) : std::nullopt;
  compared_task task{policy::task_of_network(name, element_bytes, jpeg), {}, {}};
  const auto& frame = task.model.ways.back();
  const auto whole = std::find_if(task.model.input_ways.begin(), task.model.input_ways.end(),
                                  [](const auto& way) { return way.sends == policy::carrier::compressed; });
  task.origin = fmt::format(
      "frames of {:.1f} kB at share 1 derived, 2 bits a value without entropy coding: an upper "
      "bound; input of {:.1f} kB {}",
      frame.wire_up_bytes / 1e3, whole->terms.wire_up_bytes / 1e3,
      !side  ? "as Opus, derived"
      : jpeg ? "as JPEG, measured on photographs of imagenette"
             : "as JPEG, by bits a pixel");
  task.origin += "; " + assumed_text(task.discriminator);
  return task;
}

}  // namespace

void declare(settings_table& table, task_choice& choice) {
  table.text("board", choice.board, "BOARD", "simulated board, such as jetson-tx2")
      .text("bundle", choice.bundle, "DIR", "model bundle: a folder, or a name in $DVFO_BUNDLES (default cifar100)")
      .text("network", choice.network, "NAME",
            fmt::format("instead of a bundle, a network at its published size by its descriptor: {}, or all",
                        fmt::join(inference::architecture_names(), ", ")))
      .text(
          "data", choice.data, "DIR",
          "folder of data sets: the bundle's test images to measure frames on, photographs (imagenette) for JPEG sizes")
      .text("schemes", choice.schemes, "NAMES", fmt::format("with commas between: {}, or all", policy::scheme_names()))
      .text("policy", choice.policy, "DIR",
            "policy bundle that dvfo decides by: a folder, or a name in $DVFO_BUNDLES (default the shipped one)")
      .integer("measure", choice.measured, {0, 10'000'000}, "N",
               "test images of the bundle's data set to measure accuracies on; 0: those measured when it was made")
      .text("discriminator", choice.discriminator, "FILE",
            "appealnet's second head for the bundle ('dvfo train discriminator'); default: the bundle's own")
      .text("blocking-policy", choice.blocking_policy, "DIR",
            "policy bundle that dvfo-blocking decides by, trained with --thinking blocking; none is shipped");
}

std::unique_ptr<const policy::policy_bundle> policy_of(const task_choice& choice) {
  return std::make_unique<const policy::policy_bundle>(
      policy::load_policy(choice.policy.empty() ? bundles_folder() / "policy" : find_bundle(choice.policy)));
}

std::unique_ptr<const policy::policy_bundle> blocking_policy_of(const task_choice& choice) {
  if (choice.blocking_policy.empty()) return nullptr;
  auto found = std::make_unique<const policy::policy_bundle>(policy::load_policy(find_bundle(choice.blocking_policy)));
  if (found->how == policy::thinking::blocking) return found;
  throw usage_error(
      fmt::format("--blocking-policy {}: that policy was trained to think ahead; expected one that "
                  "'dvfo train policy --thinking blocking' made",
                  choice.blocking_policy));
}

compared_board board_of(const task_choice& choice) {
  const auto plain = sim::simulated_name(choice.board);
  const std::string name = plain.empty() ? choice.board : std::string(plain);
  try {
    return {name, sim::physics::of_board(name), device::find_board(name).max_power_watts};
  } catch (const device::error& problem) {
    if (problem.code() == device::errc::unknown_board) throw usage_error(problem.what());
    throw;
  }
}

std::vector<compared_task> tasks_of(const task_choice& choice, const compared_board& board) {
  const double element_bytes = sim::find_specification(board.name).element_bytes;
  if (choice.network.empty()) return {bundle_task(choice, element_bytes)};
  if (!choice.bundle.empty()) {
    throw usage_error(fmt::format("--bundle {} and --network {}: a comparison is of one or the other; leave one away",
                                  choice.bundle, choice.network));
  }
  photographs source(choice.data);
  std::vector<compared_task> tasks;
  try {
    for (const auto& name :
         choice.network == "all" ? inference::architecture_names() : std::vector<std::string>{choice.network}) {
      tasks.push_back(network_task(name, element_bytes, source));
    }
  } catch (const inference::error& problem) {
    if (problem.code() == inference::errc::bad_argument) throw usage_error(problem.what());
    throw;
  }
  return tasks;
}

std::vector<std::string> split_names(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    if (end > at) out.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace dvfo::cli
