#include "edge_node/source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::edge_node {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

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
  EXPECT_TRUE(input.truth.has_value());
  EXPECT_EQ(std::get<inference::image>(*input.input).width, 32);
}

TEST(open_source, reads_a_data_set_of_other_labels_without_them) {
  EXPECT_FALSE(open_source("procedural", manifest_for({"cat"}))->at(0).truth.has_value());
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

TEST(open_source, takes_one_picture_by_its_name) {
  const tests::temporary_folder folder;
  tests::write_file(folder.path() / "a.jpg", "x");
  const auto source = open_source((folder.path() / "a.jpg").string(), manifest_for({"cat"}));
  ASSERT_EQ(source->size(), 1U);
  EXPECT_EQ(source->name(0), (folder.path() / "a.jpg").string());
}

std::string refusal_of(const std::string& place) {
  try {
    open_source(place, manifest_for({"cat"}));
  } catch (const inference::error& problem) {
    EXPECT_EQ(problem.code(), inference::errc::bad_dataset);
    return problem.what();
  }
  return "no error";
}

// Whatever it was, "looked for train.bin" was all that one heard.
TEST(open_source, says_what_was_found_and_what_is_expected) {
  const tests::temporary_folder folder;
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  std::filesystem::create_directory(at("empty"));
  tests::write_file(at("phone/1.heic"), "x");
  tests::write_file(at("classes/cats/1.jpg"), "x");
  std::filesystem::create_symlink("loop", at("loop"));
  const std::vector<std::pair<std::string, std::string>> cases{{at("empty"), "is empty"},
                                                               {at("phone"), "1 .heic"},
                                                               {at("phone"), "convert"},
                                                               {at("classes"), "1 folder (cats)"},
                                                               {at("none"), "does not exist"},
                                                               {at("loop"), "circle"},
                                                               {"", "(empty path)"}};
  for (const auto& [place, found] : cases) {
    EXPECT_THAT(refusal_of(place), AllOf(HasSubstr(place), HasSubstr(found), HasSubstr(".jpg"))) << place;
  }
}

TEST(inputs_of, a_folder_stands_for_what_counts_in_it) {
  const tests::temporary_folder folder;
  for (const char* name : {"b.jpg", "a.png", "._a.png", ".b.jpg", "notes.txt", "deeper/c.jpg", "phone/1.heic"}) {
    tests::write_file(folder.path() / name, "x");
  }
  std::filesystem::create_symlink("loop.jpg", folder.path() / "loop.jpg");
  std::vector<std::string> told;
  const auto source = inputs_of({folder.path() / "notes.txt", folder.path(), folder.path() / "phone"},
                                [&](const std::string& what) { told.push_back(what); });
  ASSERT_EQ(source->size(), 4U);
  EXPECT_EQ(source->name(0), (folder.path() / "notes.txt").string()) << "whatever is named is tried";
  EXPECT_EQ(source->name(1), (folder.path() / "a.png").string());
  EXPECT_EQ(source->name(2), (folder.path() / "b.jpg").string());
  EXPECT_THAT(told, ElementsAre(HasSubstr("loop.jpg")));
  try {
    source->at(3);
    FAIL() << "a folder is no picture";
  } catch (const inference::error& problem) {
    EXPECT_THAT(problem.what(), AllOf(HasSubstr("phone"), HasSubstr("1 .heic")));
  }
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
