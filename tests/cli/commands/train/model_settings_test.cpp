#include "cli/commands/train/model_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <variant>

#include "inference/training/trainer.hpp"

namespace dvfo::cli {
namespace {

using inference::training_number;
using inference::training_options;
using testing::AllOf;
using testing::HasSubstr;

/// Options of which every number may be at either end of its range: none asks more of another than that.
training_options tolerant() {
  training_options options;
  options.output = "somewhere";
  options.start_from = "a bundle, which brings ranges of its own";
  options.joint_epochs = 1000;
  options.width_epochs = 1000;
  options.quantisation_epochs = 1;
  return options;
}

/// False where the option's type cannot hold the value.
bool set(training_options& options, const training_number& which, double value) {
  const auto assign = [&]<class T>(T training_options::*member) {
    if constexpr (std::is_same_v<T, double>) {
      options.*member = value;
    } else if constexpr (std::is_same_v<T, std::optional<int>>) {
      options.*member = static_cast<int>(value);
    } else {
      if (std::is_unsigned_v<T> && value < 0.0) return false;
      options.*member = static_cast<T>(value);
    }
    return true;
  };
  return std::visit(assign, which.member);
}

/// What the trainer says of one number alone, in flags; empty where it takes it.
std::string refusal(const training_number& which, double value) {
  auto options = tolerant();
  if (!set(options, which, value)) return std::string("--") + "no such value, expected " + which.name;
  try {
    inference::completed(options);
  } catch (const inference::option_error& problem) {
    return in_flags(problem);
  }
  return "";
}

/// The next value outside a range, for the number's type.
double beyond(const training_number& which, double end, int direction) {
  const bool is_real = std::holds_alternative<double training_options::*>(which.member);
  return is_real ? end + direction * 1e-9 * std::max(1.0, std::abs(end)) : end + direction * std::max(1.0, end * 1e-9);
}

class model_settings : public testing::Test {
 protected:
  model_settings() { declare(table_, request_); }

  const configuration::setting* setting_of(const training_number& number) {
    std::string name = number.name;
    std::replace(name.begin(), name.end(), ' ', '-');
    for (const auto& each : table_.settings()) {
      if (each.name == name) return &each;
    }
    return nullptr;
  }

  model_request request_;
  configuration::settings_table table_;
};

// The help promised base widths of 4 to 1,024, 1 to 1,000,000 pictures held back and steps of 2 to 65,536; the trainer
// refused all outside 8 to 256, 100 to 100,000 and 8 to 4,096, after the data had been read.
TEST_F(model_settings, promise_for_every_number_what_the_trainer_takes) {
  std::size_t walked = 0;
  for (const auto& number : inference::training_numbers()) {
    SCOPED_TRACE(number.name);
    const auto* setting = setting_of(number);
    ASSERT_NE(setting, nullptr);
    ASSERT_TRUE(setting->bounds.has_value());
    EXPECT_EQ(setting->bounds->lowest, number.range.lowest);
    EXPECT_EQ(setting->bounds->highest, number.range.highest);
    EXPECT_EQ(refusal(number, number.range.lowest), "");
    EXPECT_EQ(refusal(number, number.range.highest), "");
    for (const double outside : {beyond(number, number.range.lowest, -1), beyond(number, number.range.highest, 1)}) {
      EXPECT_THAT(refusal(number, outside), AllOf(HasSubstr("--"), HasSubstr(", expected "))) << outside;
    }
    ++walked;
  }
  const auto& all = table_.settings();
  EXPECT_EQ(walked, std::count_if(all.begin(), all.end(), [](const auto& each) { return each.bounds.has_value(); }));
}

TEST_F(model_settings, show_those_ranges_in_the_help) {
  CLI::App app("train", "model");
  table_.attach(app);
  const auto help = app.help();
  EXPECT_THAT(help, HasSubstr("[8 to 4096"));
  EXPECT_THAT(help, HasSubstr("[1 to 100000"));
  EXPECT_THAT(help, HasSubstr("[8 to 256; default 32"));
}

TEST_F(model_settings, name_the_flag_that_the_trainer_refuses) {
  EXPECT_EQ(in_flags({"batch size", "2, expected 8 to 4096"}), "--batch-size: 2, expected 8 to 4096");
  EXPECT_EQ(in_flags({"architecture", "yolo answers with 2 maps"}), "--arch: yolo answers with 2 maps");
}

// A folder completed by a shell, with a slash at its end, made a bundle called "-resnet18-w32".
TEST_F(model_settings, take_a_folder_with_a_slash_at_its_end_by_its_name) {
  request_.options.data = "./photos/";
  EXPECT_EQ(found(request_).data, "./photos");
}

// Recipes left out what the numbers were rounded to and how labels were smoothed: their commands made other bundles.
TEST(recipe, names_every_option_that_changes_the_result) {
  training_options o;
  o.data = "/data/photos";
  o.start_from = "bundles/earlier";
  o.label_smoothing = 0.2;
  o.bfloat16 = false;
  o.optimiser = "adamw";
  o.crop_scale = 0.5;
  o.small_side = 16;
  o.weight_decay = 0.05;
  o.distillation = 1.0;
  o.temperature = 2.0;
  o.hint_weight = 0.25;
  o.rate_weight = 0.1;
  o.device = "cuda";
  o.width_epochs = 3;
  o.held_back = 16;
  o.batch_size = 8;
  o.threads = 2;
  o.seed = 999'999'999'999'999'999U;
  const auto text = recipe_of(o);
  EXPECT_THAT(text, testing::StartsWith("dvfo train model --data photos --start-from earlier --arch resnet18 "
                                        "--base-width 32 "));
  for (const char* part :
       {"--label-smoothing 0.2", "--bfloat16=false", "--optimiser adamw", "--crop-scale 0.5", "--small-side 16",
        "--weight-decay 0.05", "--distillation 1", "--temperature 2", "--hint-weight 0.25", "--rate-weight 0.1",
        "--width-epochs 3", "--width-rate 0.05", "--device cuda", "--threads 2", "--held-back 16", "--batch-size 8",
        "--seed 999999999999999999"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(recipe, leaves_out_what_is_as_usual_but_for_sizes_rates_and_seed) {
  training_options o;
  o.held_back = 2000;
  o.batch_size = 128;
  EXPECT_EQ(recipe_of(o),
            "dvfo train model --data procedural --arch resnet18 --base-width 32 --feature-channels 32 --feature-bits 2 "
            "--reference-epochs 16 --joint-epochs 7 --quantisation-epochs 2 --held-back 2000 --batch-size 128 "
            "--reference-rate 0.15 --joint-rate 0.05 --seed 1");
}

TEST(start_text, tells_what_was_found_and_how_long_it_will_take) {
  training_options options;
  options.batch_size = 16;
  const inference::training_plan plan{.dataset = "flowers",
                                      .pictures = 180,
                                      .held_back = 36,
                                      .tested = 30,
                                      .classes = 3,
                                      .side = 224,
                                      .phases = {{"reference", 16, 0}, {"joint", 7, 0}},
                                      .steps = 9,
                                      .seconds = 250.0};
  EXPECT_EQ(start_text(plan, options),
            "flowers: 180 training pictures of 3 classes, 224 x 224 pixels, 36 of them held back; 30 test pictures\n"
            "resnet18 with base width 32: reference 16 epochs, joint 7 epochs; 9 steps of 16 pictures an epoch; about "
            "4:10 on cpu\n");
}

}  // namespace
}  // namespace dvfo::cli
