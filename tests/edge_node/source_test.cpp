#include "edge_node/source.hpp"

#include <gtest/gtest.h>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::edge_node {
namespace {

inference::bundle_manifest manifest_for(std::vector<std::string> labels) {
  inference::bundle_manifest manifest;
  manifest.name = "test";
  manifest.dataset = "procedural";
  manifest.labels = std::move(labels);
  return manifest;
}

std::vector<std::string> procedural_labels() {
  return inference::open_dataset("procedural", inference::subset::test)->labels();
}

TEST(open_source, labels_a_data_set_that_the_bundle_knows) {
  const auto source = open_source("procedural", manifest_for(procedural_labels()));
  EXPECT_GT(source->size(), 0U);
  const auto input = source->at(1);
  EXPECT_EQ(input.name, "procedural/1");
  EXPECT_TRUE(input.label.has_value());
  EXPECT_EQ(input.picture->width, 32);
}

TEST(open_source, reads_a_data_set_of_other_labels_without_them) {
  EXPECT_FALSE(open_source("procedural", manifest_for({"cat"}))->at(0).label.has_value());
}

TEST(open_source, takes_images_directly_in_a_folder_in_order) {
  const tests::temporary_folder folder;
  for (const char* name : {"b.PNG", "a.jpg", "note.txt"}) tests::write_file(folder.path() / name, "x");
  const auto source = open_source(folder.path().string(), manifest_for({"cat"}));
  ASSERT_EQ(source->size(), 2U);
  EXPECT_EQ(source->name(0), (folder.path() / "a.jpg").string());
  EXPECT_EQ(source->name(1), (folder.path() / "b.PNG").string());
  EXPECT_THROW(source->at(0), inference::error);
}

TEST(open_source, names_a_place_that_holds_nothing) {
  const tests::temporary_folder folder;
  try {
    open_source(folder.path().string(), manifest_for({"cat"}));
    FAIL() << "opened an empty folder";
  } catch (const inference::error& problem) {
    EXPECT_EQ(problem.code(), inference::errc::bad_dataset);
    EXPECT_NE(std::string(problem.what()).find(folder.path().string()), std::string::npos) << problem.what();
  }
}

}  // namespace
}  // namespace dvfo::edge_node
