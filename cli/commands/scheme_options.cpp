#include "cli/commands/scheme_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/terminal/progress.hpp"
#include "configuration/paths.hpp"
#include "device/error.hpp"
#include "inference/architectures/architecture.hpp"
#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"

namespace dvfo::cli {

using namespace configuration;
namespace {

/// Images to measure frames on: the bundle's test images where they are found, else the procedural set's.
std::unique_ptr<inference::dataset> images_for(const task_choice& choice, const inference::bundle_manifest& bundle) {
  const bool has_data = bundle.dataset != "procedural" && !choice.data.empty();
  return inference::open_dataset(has_data ? find_data(choice.data, bundle.dataset) : "procedural",
                                 inference::subset::test);
}

evaluation::compared_task bundle_task(const task_choice& choice, const evaluation::compared_board& board) {
  inference::prepare_for_single_images();
  inference::set_intra_op_threads(1);
  const auto folder = find_bundle(choice.bundle);
  const auto bundle = inference::model_bundle::load(folder);
  const auto images = images_for(choice, bundle.manifest());
  return evaluation::task_of_bundle({.bundle = bundle,
                                     .folder = folder,
                                     .images = *images,
                                     .measured = static_cast<std::size_t>(choice.measured),
                                     .discriminator = choice.discriminator,
                                     .progress = show_images},
                                    board);
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

evaluation::compared_board board_of(const task_choice& choice) {
  try {
    return evaluation::find_compared_board(choice.board);
  } catch (const device::error& problem) {
    if (problem.code() == device::errc::unknown_board) throw usage_error(problem.what());
    throw;
  }
}

std::vector<evaluation::compared_task> tasks_of(const task_choice& choice, const evaluation::compared_board& board) {
  if (choice.network.empty()) return {bundle_task(choice, board)};
  if (!choice.bundle.empty()) {
    throw usage_error(fmt::format("--bundle {} and --network {}: a comparison is of one or the other; leave one away",
                                  choice.bundle, choice.network));
  }
  try {
    return evaluation::tasks_of_networks(
        choice.network == "all" ? inference::architecture_names() : std::vector<std::string>{choice.network},
        choice.data, board);
  } catch (const inference::error& problem) {
    if (problem.code() == inference::errc::bad_argument) throw usage_error(problem.what());
    throw;
  }
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
