#include "evaluation/scheme_tasks.hpp"

#include <gtest/gtest.h>

#include "device/error.hpp"
#include "inference/architectures/architecture.hpp"
#include "inference/error.hpp"
#include "inference/model.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::evaluation {
namespace {

TEST(compared_board, is_a_simulated_one_under_either_name) {
  const auto plain = find_compared_board("jetson-tx2");
  const auto prefixed = find_compared_board("sim:jetson-tx2");
  EXPECT_EQ(plain.name, "jetson-tx2");
  EXPECT_EQ(prefixed.name, plain.name);
  EXPECT_EQ(prefixed.max_power_watts, plain.max_power_watts);
  EXPECT_GT(plain.max_power_watts, 0.0);
  EXPECT_GT(plain.element_bytes, 0.0);
}

TEST(compared_board, that_nobody_knows_is_named) {
  try {
    find_compared_board("jetson-tx7");
    FAIL();
  } catch (const device::error& problem) {
    EXPECT_EQ(problem.code(), device::errc::unknown_board);
    EXPECT_NE(std::string(problem.what()).find("jetson-tx7"), std::string::npos) << problem.what();
  }
}

TEST(compared_tasks, of_networks_come_in_their_order_and_say_where_sizes_are_from) {
  const dvfo::tests::temporary_folder without_photographs;
  const auto names = inference::architecture_names();
  const auto tasks = tasks_of_networks(names, without_photographs.path(), find_compared_board("jetson-tx2"));
  ASSERT_EQ(tasks.size(), names.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    EXPECT_EQ(tasks[i].model.name, names[i]);
    EXPECT_FALSE(tasks[i].reference_top1);
    const bool is_speech = names[i] == "deepspeech";
    EXPECT_NE(tasks[i].origin.find(is_speech ? "as Opus, derived" : "as JPEG, by bits a pixel"), std::string::npos)
        << tasks[i].origin;
  }
}

TEST(compared_tasks, refuse_a_network_that_nobody_knows) {
  try {
    tasks_of_networks({"resnet18", "resnet19"}, {}, find_compared_board("jetson-tx2"));
    FAIL();
  } catch (const inference::error& problem) {
    EXPECT_EQ(problem.code(), inference::errc::bad_argument);
  }
}

TEST(compared_tasks, of_a_bundle_take_its_accuracies_and_its_discriminator) {
  inference::prepare_for_single_images();
  const auto folder = std::filesystem::path(DVFO_BUNDLES) / "procedural";
  const auto bundle = inference::model_bundle::load(folder);
  const auto images = inference::open_dataset("procedural", inference::subset::test);
  const dvfo::tests::temporary_folder without_discriminator;
  const auto task = task_of_bundle({.bundle = bundle, .folder = without_discriminator.path(), .images = *images},
                                   find_compared_board("jetson-xavier-nx"));
  EXPECT_EQ(task.model.name, bundle.manifest().name);
  EXPECT_EQ(task.reference_top1, bundle.manifest().reference_top1);
  EXPECT_NE(task.origin.find("assumed ('dvfo train discriminator' measures it)"), std::string::npos) << task.origin;
  EXPECT_TRUE(task.discriminator.accepts.empty());
  const auto judged =
      task_of_bundle({.bundle = bundle, .folder = folder, .images = *images}, find_compared_board("jetson-xavier-nx"));
  EXPECT_NE(judged.origin.find("decided image by image on"), std::string::npos) << judged.origin;
  EXPECT_FALSE(judged.discriminator.accepts.empty());
}

}  // namespace
}  // namespace dvfo::evaluation
