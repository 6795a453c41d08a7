#include "cli/describe/description.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dvfo::cli {
namespace {

using testing::HasSubstr;

description_request published(const std::string& name) { return {.sizes = inference::published_options(name)}; }

TEST(description, table_names_every_part_and_width) {
  const auto request = published("resnet18");
  const auto text = description_text(inference::make_architecture("resnet18", request.sizes), request);
  EXPECT_THAT(text, HasSubstr("resnet18 on cpu-int8: input 3×224×224, base width 64, features 32×28×28"));
  EXPECT_THAT(text, HasSubstr("part       width  parameters, M  operations, M"));
  for (const char* part :
       {"\nwhole ", "\nextractor ", "\nattention ", "\nlocal       0.75 ", "\nlocal       0.25 ", "\nremote "}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, HasSubstr("11.685")) << "folded parameters of the whole network";
}

TEST(description, figures_as_json_are_exact_and_complete) {
  auto request = published("yolov3-tiny");
  const auto net = inference::make_architecture("yolov3-tiny", request.sizes);
  const auto json = description_json(net, request);
  ASSERT_EQ(json["parts"].size(), 8U);
  EXPECT_EQ(json["outputs"].size(), 2U);
  EXPECT_EQ(json["outputs"][1]["height"], 26);
  EXPECT_EQ(json["parts"][0]["parameters"], 8'849'182);
  EXPECT_EQ(json["parts"][3]["part"], "local");
  const double int8_bytes = json["parts"][3]["bytes"];
  EXPECT_EQ(json["parts"][7]["bytes"], 4.0 * int8_bytes) << "the remote DNN is the same trunk in float32";
  request.where = inference::backend::cuda_fp16;
  const auto halves = description_json(net, request);
  EXPECT_EQ(halves["backend"], "cuda-fp16");
  EXPECT_EQ(halves["parts"][3]["bytes"], 2.0 * int8_bytes);
}

// Two layers of 32 channels and 8 units, a 3×3 convolution from two maps to one.
TEST(description, attention_is_counted_by_hand) {
  const auto request = published("resnet18");
  const auto json = description_json(inference::make_architecture("resnet18", request.sizes), request);
  EXPECT_EQ(json["parts"][2]["parameters"], (32 * 8 + 8) + (8 * 32 + 32) + (18 + 1));
}

}  // namespace
}  // namespace dvfo::cli
