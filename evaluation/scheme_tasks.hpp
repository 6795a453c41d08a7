#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "device/simulated/physics.hpp"
#include "evaluation/accuracy.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model_bundle.hpp"
#include "policy/schemes/scheme_table.hpp"
#include "policy/task_cost/task_model.hpp"

/// Boards and models on which schemes are compared in virtual time.
namespace dvfo::evaluation {

/// A simulated board.
struct compared_board {
  std::string name;
  device::simulated::physics physics;
  double max_power_watts = 0.0;
  double element_bytes = 0.0;  ///< of a value on the board's own engine
};

/// Takes "sim:jetson-tx2", too. Throws device::error(unknown_board) that lists the boards.
compared_board find_compared_board(const std::string& board);

/// A model's task on that board, and where its figures are from.
struct compared_task {
  policy::task_model model;
  policy::discriminator_figures discriminator;
  std::string origin;                      ///< of the sizes on the wire and the accuracies, for people
  std::optional<double> reference_top1{};  ///< percent of the unsplit float model, where it was measured
};

/// A model bundle and what is measured of it. All that is referred to must outlive the call alone.
struct compared_bundle {
  const inference::model_bundle& bundle;
  std::filesystem::path folder;              ///< of the bundle
  const inference::dataset& images;          ///< to measure frames on; its own test images, or others
  std::size_t measured = 0;                  ///< images that accuracies are measured on; 0: as when it was made
  std::filesystem::path discriminator = {};  ///< appealnet's second head; empty: the one in `folder`, if it is there
  progress_callback progress = [](std::size_t, std::size_t) {};  ///< of measuring accuracies
};

/// Throws what measuring accuracy and reading the discriminator throw. Run it after prepare_for_single_images().
compared_task task_of_bundle(const compared_bundle& what, const compared_board& board);

/// Networks at their published size. The sizes of JPEGs are measured on the photographs of imagenette/ below `data`,
/// where there are some. Throws inference::error(bad_argument) for a name that is no network.
std::vector<compared_task> tasks_of_networks(const std::vector<std::string>& names, const std::filesystem::path& data,
                                             const compared_board& board);

}  // namespace dvfo::evaluation
