#include "evaluation/scheme_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "device/board_profile.hpp"
#include "device/simulated/simulated_board.hpp"
#include "device/simulated/specifications.hpp"
#include "evaluation/appeals.hpp"
#include "evaluation/picture_sets.hpp"
#include "evaluation/task_accuracy.hpp"
#include "files/place.hpp"
#include "inference/data/dataset.hpp"
#include "inference/discriminator.hpp"
#include "inference/model_bundle.hpp"
#include "policy/task_cost/bundle_task.hpp"
#include "policy/task_cost/jpeg_bytes.hpp"
#include "policy/task_cost/network_task.hpp"

namespace dvfo::evaluation {
namespace {

namespace sim = device::simulated;

/// JPEG sizes differ by half from photograph to photograph: the mean of this many is good to a few percent.
constexpr std::size_t measured_photographs = 128;

/// Hard images come as often as in the whole test set to a few percent.
constexpr std::size_t judged_images = 500;

std::string assumed_text(const policy::discriminator_figures& assumed) {
  return fmt::format("appealnet keeps {:g} % of its local answers, assumed", 1e2 * assumed.skipping_rate);
}

/// AppealNet's head for a bundle, if there is one; `origin` is told what its figures are.
policy::discriminator_figures discriminator_of(const compared_bundle& what, std::string& origin) {
  policy::discriminator_figures out;
  const bool is_named = !what.discriminator.empty();
  const auto file = is_named ? what.discriminator : inference::appeal_rule_file(what.folder);
  if (!is_named && !files::stands(file)) {
    origin += fmt::format("; {} ('dvfo train discriminator' measures it)", assumed_text(out));
    return out;
  }
  const auto rule = inference::load_appeal_rule(file, what.bundle.manifest().id);
  out.skipping_rate = rule.skipping_rate;
  out.top1_accepted = rule.top1_accepted;
  out.top1_appealed = rule.top1_appealed;
  origin += fmt::format("; appealnet keeps {:.1f} % of its local answers, measured on {} test images",
                        1e2 * rule.skipping_rate, rule.images);
  // Other images than those that the bundle is for would be hard or easy for no reason.
  if (what.images.labels() != what.bundle.manifest().labels) return out;
  out.accepts = accepted_images(what.bundle, rule, what.images, judged_images);
  origin += fmt::format(", decided image by image on {} of them", out.accepts.size());
  return out;
}

/// Accuracies of every way, measured anew.
void measure(const compared_bundle& what, compared_task& task) {
  const sampled_images drawn(what.images, what.measured);
  const auto found = measure_task_accuracy(what.bundle, drawn, what.progress);
  task.reference_top1 = found.reference_top1;
  set_accuracy(task.model, found);
  task.origin += fmt::format("; accuracies measured now on {} test images of {}", drawn.size(), what.images.name());
}

/// Mean JPEG of photographs at this size; absent where there are none.
class photographs {
 public:
  explicit photographs(const std::filesystem::path& data) {
    const auto folder = data / "imagenette";
    if (!data.empty() && files::is_folder(folder / "val")) folder_ = folder;
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
                                  [](const auto& way) { return way.sends == policy::sending::compressed; });
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

compared_board find_compared_board(const std::string& board) {
  const auto plain = sim::simulated_name(board);
  const std::string name = plain.empty() ? board : std::string(plain);
  return {name, sim::physics::of_board(name), device::find_board(name).max_power_watts,
          sim::find_specification(name).element_bytes};
}

compared_task task_of_bundle(const compared_bundle& what, const compared_board& board) {
  compared_task out{policy::task_of(what.bundle, what.images, board.element_bytes),
                    {},
                    fmt::format("frames and JPEGs measured on {}", what.images.name())};
  out.reference_top1 = what.bundle.manifest().reference_top1;
  if (what.measured > 0) measure(what, out);
  out.discriminator = discriminator_of(what, out.origin);
  return out;
}

std::vector<compared_task> tasks_of_networks(const std::vector<std::string>& names, const std::filesystem::path& data,
                                             const compared_board& board) {
  photographs source(data);
  std::vector<compared_task> tasks;
  tasks.reserve(names.size());
  for (const auto& name : names) tasks.push_back(network_task(name, board.element_bytes, source));
  return tasks;
}

}  // namespace dvfo::evaluation
