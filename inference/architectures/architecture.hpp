#pragma once

#include <string>
#include <vector>

#include "inference/architectures/graph.hpp"

namespace dvfo::inference {

/// A benchmark DNN, unsplit and in two parts: the extractor, which runs on the edge and ends in the narrow feature map
/// that may travel, and the trunk: all that follows. The remote DNN is the trunk in float; the local DNN is the same
/// trunk, slimmable, in int8.
struct architecture {
  std::string name;
  graph whole;      ///< as published: first stage and rest, no bottleneck between them
  graph extractor;  ///< first stage and bottleneck
  graph trunk;      ///< the rest, from the bottleneck's channels on
  shape features;   ///< the map between both
};

/// Units of SCAM's shared perceptron over `channels` (DVFO Eq. 16). The paper gives no reduction ratio; CBAM's 16 would
/// leave two units for 32 channels, so it is 4.
constexpr int attention_units(int channels) { return channels < 4 ? 1 : channels / 4; }

/// Sizes that an architecture is built for.
struct architecture_options {
  int input_size = 32;        ///< columns of the input in pixels; DeepSpeech: frames
  int classes = 10;           ///< DeepSpeech: characters, the blank included
  int base_width = 32;        ///< channels of the first layer, all others in proportion; published ResNet-18: 64
  int feature_channels = 32;  ///< C of the feature map
  int input_height = 0;       ///< rows of the input; 0: a square
};

/// EfficientNet-B0 (Tan & Le 2019).
architecture make_efficientnet_b0(const architecture_options& options);
/// ViT-B/16 (Dosovitskiy et al. 2021).
architecture make_vit_b16(const architecture_options& options);
/// ResNet-18 (He et al. 2016).
architecture make_resnet18(const architecture_options& options);
/// Inception-v4 (Szegedy et al. 2017).
architecture make_inception_v4(const architecture_options& options);
/// MobileNet-v2 (Sandler et al. 2018).
architecture make_mobilenet_v2(const architecture_options& options);
/// YOLOv3-Tiny (Redmon & Farhadi 2018).
architecture make_yolov3_tiny(const architecture_options& options);
/// RetinaNet on ResNet-50 with a feature pyramid (Lin et al. 2017).
architecture make_retinanet(const architecture_options& options);
/// DeepSpeech (Hannun et al. 2014) in the form that Mozilla published.
architecture make_deepspeech(const architecture_options& options);

/// Builds an architecture by name. Throws error(bad_argument) that lists the known names, or says what does not fit.
architecture make_architecture(const std::string& name, const architecture_options& options);

/// The sizes under which an architecture was published. Throws as make_architecture does.
architecture_options published_options(const std::string& name);

/// Names that make_architecture knows.
std::vector<std::string> architecture_names();

}  // namespace dvfo::inference
