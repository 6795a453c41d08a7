#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace dvfo::inference {

/// Everything that decides how a model bundle comes out; one place for the trainer's defaults.
struct training_options {
  std::string data = "procedural";    ///< as open_dataset takes it
  std::filesystem::path output;       ///< the bundle's folder
  std::filesystem::path checkpoints;  ///< resumed from when it holds a checkpoint; default: output + ".checkpoint"
  std::filesystem::path weights;      ///< published weights to begin with and learn from; empty: from nothing
  std::filesystem::path start_from;   ///< a bundle to go on from; its reference is kept as it is; empty: from nothing
  std::string name;                   ///< default: dataset-architecture-wWIDTH
  std::string architecture = "resnet18";
  int base_width = 32;          ///< channels of the first stage; published ResNet-18 has 64
  int feature_channels = 32;    ///< C: narrow, because every channel costs bytes on the wire
  int feature_bits = 2;         ///< per value on the wire: 8, 4, 3 or 2
  int reference_epochs = 16;    ///< the unsplit float model, trained by itself
  int joint_epochs = 7;         ///< extractor, SCAM, local and remote together, over random shares
  int quantisation_epochs = 2;  ///< of the joint epochs, the last ones, with fake quantisation
  int width_epochs = 0;         ///< after them, of each narrower width of the local network, with weights of its own
  /// Training images of all classes, not trained on: they choose λ and the learned fusions. Absent: as fitted() finds.
  std::optional<int> held_back;
  std::optional<int> batch_size;  ///< images a step; absent: as fitted() finds
  double crop_scale = 1.0;        ///< least share of a picture's area that training sees, scaled up; 1: shifts alone
  /// Of the parts of pictures, at the same scale, that the first three quarters of the reference's epochs and the joint
  /// ones before quantisation see: convolutions learn faster on fewer pixels. 0: whole pictures.
  int small_side = 0;
  std::string optimiser = "sgd";  ///< "sgd" or "adamw"
  double reference_rate = 0.15;   ///< peak learning rate
  double joint_rate = 0.05;       ///< lower: it starts from the reference's weights
  double width_rate = 0.05;       ///< of the narrower widths by themselves
  double weight_decay = 5e-4;     ///< the usual value for residual networks on small images
  double label_smoothing = 0.1;   ///< of the reference only; the joint model learns from the reference's soft answers
  double distillation = 0.7;      ///< weight of the reference's soft answers against the labels
  double temperature = 3.0;       ///< softening of both sides in distillation (Hinton et al. 2015)
  double hint_weight = 0.0;       ///< loss for every variance by which maps behind its blocks differ from the teacher's
  double rate_weight = 0.0;       ///< loss for every bit that a feature value costs an ideal entropy coder
  double skew_weight = 0.0;       ///< loss for importance that the three leading channels lack …
  double skew_target = 0.6;       ///< … of this share of all (DVFO Fig. 7)
  std::uint64_t seed = 1;
  std::string device = "cpu";  ///< "cpu" or "cuda"
  bool bfloat16 = true;        ///< mixed precision for convolutions, where the processor has it; else float32
  int threads = 0;             ///< of LibTorch; 0: its own choice, one for each physical core that it sees
  std::string recipe;          ///< the command that makes the same bundle again, for the bundle to tell
};

/// Closed range of an option.
struct option_range {
  double lowest;
  double highest;
};

/// A number among the options: what it is called, its range, and where it stands.
struct training_number {
  const char* name;  ///< in words
  option_range range;
  std::variant<int training_options::*, std::uint64_t training_options::*, double training_options::*,
               std::optional<int> training_options::*>
      member;
};

/// All of them: what the trainer takes, and what users are asked for.
std::span<const training_number> training_numbers();

/// One report of a running training, once a few batches.
struct training_progress {
  std::string phase;
  int epoch = 0;  ///< 1-based
  int epochs = 0;
  std::size_t batch = 0;
  std::size_t batches = 0;
  double loss = 0.0;
  double accuracy = 0.0;  ///< percent of the epoch so far, on the (augmented) training images
  double seconds = 0.0;   ///< since this phase began or resumed
  double remaining_seconds = 0.0;
};

using progress_callback = std::function<void(const training_progress&)>;

}  // namespace dvfo::inference
