#pragma once

#include <array>
#include <optional>
#include <string>

#include "inference/architectures/part_costs.hpp"
#include "inference/model_bundle.hpp"
#include "policy/task_cost/task_model.hpp"

namespace dvfo::policy {

/// The input on the wire, and the edge's work to make it so.
struct input_size {
  double raw_bytes = 0.0;         ///< 8 bits a pixel and colour; floats where it is speech
  double compressed_bytes = 0.0;  ///< JPEG; Opus where it is speech
  double compressing_cycles = 0.0;
};

/// An RGB image of `side`² pixels. `jpeg_bytes`: as measured; absent: by bits a pixel as the photographs of
/// docs/schemes.md have them.
input_size image_input(int side, std::optional<double> jpeg_bytes = {});

/// A split model as numbers: what a task of it asks for, whether they were measured on a bundle or computed.
struct network_figures {
  std::string name;
  inference::model_costs costs;  ///< with the board's own bytes a value at the front and in the local DNN
  double input_values = 0.0;     ///< pixels × 3, or frames × coefficients
  double reply_values = 0.0;     ///< floats that the cloud answers with
  inference::part_cost whole;    ///< the unsplit network, which the cloud runs where the input itself is sent
  input_size input;
  std::array<double, inference::trained_shares.size()> frame_bytes{};  ///< feature frame by share; nothing at share 0
  std::array<std::optional<double>, inference::trained_shares.size()> top1{};  ///< percent by share, where measured
  std::optional<double> whole_top1{};  ///< of the unsplit network, where measured
};

/// The figures as a task for the physics. Message headers are added to the frames (CAF's and TCP's are not counted);
/// the cloud's time is derived from a published server GPU.
task_model task_of_figures(const network_figures& figures);

/// A task of one of the eight networks at its published size, without a bundle: work counted from the architecture,
/// frames of 2 bits a value without entropy coding, which is an upper bound: a bundle's are smaller. Accuracies are
/// absent. Detectors answer with boxes, everything else with its outputs. All derived. `element_bytes`: of a value on
/// the board's own engine; `jpeg_bytes`: as in image_input. Throws inference::error(bad_argument) that lists the names.
/// Thread-safe.
task_model task_of_network(const std::string& name, double element_bytes, std::optional<double> jpeg_bytes = {});

/// Side of the square image that a network takes as published; absent where it takes speech. Throws as task_of_network.
std::optional<int> image_side_of(const std::string& name);

}  // namespace dvfo::policy
