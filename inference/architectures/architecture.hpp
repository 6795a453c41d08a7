#pragma once

#include <string>
#include <vector>

#include "inference/architectures/graph.hpp"

namespace dvfo::inference {

/// A benchmark DNN in two parts: the extractor, which runs on the edge and ends in the narrow, strided feature map that
/// may travel, and the trunk: all that follows. The remote DNN is the trunk in float; the local DNN is the same trunk,
/// slimmable, in int8.
struct architecture {
  std::string name;
  graph extractor;
  graph trunk;
  int feature_channels = 0;
  int feature_side = 0;  ///< of the square feature map
};

/// Units of SCAM's shared perceptron over `channels` (DVFO Eq. 16). The paper gives no reduction ratio; CBAM's 16 would
/// leave two units for 32 channels, so it is 4.
constexpr int attention_units(int channels) { return channels < 4 ? 1 : channels / 4; }

/// Sizes that an architecture is built for.
struct architecture_options {
  int input_size = 32;  ///< side of the square input in pixels
  int classes = 10;
  int base_width = 32;        ///< channels of the first stage; published ResNet-18: 64
  int feature_channels = 32;  ///< C of the feature map
};

/// ResNet-18 (He et al. 2016) in its CIFAR form: the extractor is the first convolution plus a strided one; from there
/// on the stages run at ½, ½, ¼ and ⅛ of the input's side, so that stages two to four keep their published resolution.
architecture make_resnet18(const architecture_options& options);

/// Builds an architecture by name. Throws error(bad_argument) that lists the known names.
architecture make_architecture(const std::string& name, const architecture_options& options);

/// Names that make_architecture knows.
std::vector<std::string> architecture_names();

}  // namespace dvfo::inference
