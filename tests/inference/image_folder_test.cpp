#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "tests/inference/test_images.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class image_folders : public ::testing::Test {
 protected:
  void SetUp() override {
    add("train/n02/b.JPEG", tests::encode_jpeg(flat(200)));
    add("train/n02/a.png", tests::encode_png(flat(100)));
    add("train/n01/c.jpg", tests::encode_jpeg(flat(50)));
    add("val/n01/d.png", tests::encode_png(flat(10)));
    add("val/n02/e.png", tests::encode_png(flat(20)));
  }

  static image flat(std::uint8_t value) { return {40, 20, std::vector<std::uint8_t>(std::size_t{3} * 40 * 20, value)}; }

  void add(const std::string& name, const std::vector<std::byte>& bytes) { tests::write_file(root() / name, bytes); }

  [[nodiscard]] std::filesystem::path root() const { return folder_.path() / "flowers"; }

  std::string refusal(subset part = subset::train) {
    try {
      open_image_folder(root(), part, 16);
    } catch (const error& failed) {
      EXPECT_EQ(failed.code(), errc::bad_dataset);
      return failed.what();
    }
    return "no error";
  }

  tests::temporary_folder folder_;
};

TEST_F(image_folders, classes_and_files_are_in_alphabetical_order) {
  const auto train = open_image_folder(root(), subset::train, 16);
  EXPECT_EQ(train->name(), "flowers");
  EXPECT_EQ(train->image_size(), 16);
  EXPECT_THAT(train->labels(), ElementsAre("n01", "n02"));
  ASSERT_EQ(train->size(), 3U);
  EXPECT_EQ(train->label(0), 0);
  EXPECT_EQ(train->label(1), 1);
  const example second = train->at(1);
  EXPECT_EQ(second.label, 1);
  EXPECT_EQ(second.picture.width, 16);
  EXPECT_EQ(second.picture.pixels.size(), 768U);
  EXPECT_THAT(second.picture.pixels, Each(100));
  std::vector<std::uint8_t> chw(768);
  train->copy_pixels(1, chw);
  EXPECT_THAT(chw, Each(100));
  EXPECT_THROW(train->at(3), error);
  EXPECT_EQ(open_image_folder(root(), subset::test, 16)->size(), 2U);
  EXPECT_EQ(open_image_folder(root() / "", subset::test, 16)->name(), "flowers");
}

TEST_F(image_folders, readable_names_replace_folder_names) {
  tests::write_file(root() / "classes.txt", "n02 5 red rose\r\nn01 3 daisy\n\n");
  EXPECT_THAT(open_image_folder(root(), subset::train, 16)->labels(), ElementsAre("daisy", "red rose"));
}

TEST_F(image_folders, missing_or_malformed_names_are_errors_that_name_the_file) {
  tests::write_file(root() / "classes.txt", "n01 3 daisy\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("classes.txt"), HasSubstr("n02")));
  tests::write_file(root() / "classes.txt", "n01 3 daisy\nn02 rose\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("classes.txt"), HasSubstr("line 2"), HasSubstr("n02 rose")));
}

TEST_F(image_folders, hidden_and_foreign_files_are_left_out) {
  tests::write_file(root() / "train/n01/.hidden.png", "x");
  tests::write_file(root() / "train/n01/notes.txt", "x");
  tests::write_file(root() / "train/.cache/x.png", "x");
  EXPECT_EQ(open_image_folder(root(), subset::train, 16)->size(), 3U);
}

// One looping or unreadable link in train/ ended the run with a text of the standard library.
TEST_F(image_folders, what_cannot_be_looked_at_is_told_once_and_left_out) {
  for (const char* link : {"train/loop", "train/n01/loop.jpg"}) {
    std::filesystem::create_symlink(std::filesystem::path(link).filename(), root() / link);
  }
  std::filesystem::create_symlink("/nowhere.jpg", root() / "train/n02/lost.jpg");
  std::filesystem::create_symlink("../n02/a.png", root() / "train/n01/shared.png");
  std::vector<std::string> told;
  const auto tell = [&](const std::string& what) { told.push_back(what); };
  EXPECT_EQ(open_image_folder(root(), subset::train, 16, tell)->size(), 4U) << "links that lead to pictures count";
  EXPECT_THAT(told, ElementsAre(AllOf(HasSubstr("train/loop: "), HasSubstr("circle")), HasSubstr("n01/loop.jpg: "),
                                HasSubstr("n02/lost.jpg: is a link to what does not exist")));
  told.clear();
  EXPECT_EQ(open_image_folder(root(), subset::test, 16, tell)->size(), 2U);
  EXPECT_THAT(told, IsEmpty()) << "the other part's business";
}

TEST_F(image_folders, names_that_cannot_be_read_are_not_taken_for_none) {
  std::filesystem::create_directory(root() / "classes.txt");
  EXPECT_THAT(refusal(), HasSubstr("classes.txt: is a folder"));
}

TEST_F(image_folders, a_folder_that_is_no_data_set_says_what_it_holds) {
  tests::write_file(folder_.path() / "phone/1.heic", "x");
  try {
    open_dataset((folder_.path() / "phone").string(), subset::train);
    FAIL() << "opened";
  } catch (const error& failed) {
    EXPECT_THAT(failed.what(), HasSubstr("phone: holds 1 file (1 .heic)"));
  }
}

TEST_F(image_folders, empty_classes_and_missing_parts_are_errors) {
  std::filesystem::create_directories(root() / "train/n03");
  std::filesystem::create_directories(root() / "val/n03");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("n03"), HasSubstr(".jpg, .jpeg or .png")));
  std::filesystem::remove_all(root() / "val");
  EXPECT_THAT(refusal(subset::test), HasSubstr("val"));
}

TEST_F(image_folders, classes_that_differ_between_parts_are_refused) {
  add("val/n09/x.png", tests::encode_png(flat(1)));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("n09"), HasSubstr("only one of train and val")));
}

TEST_F(image_folders, a_corrupt_image_is_named_when_it_is_read) {
  auto bytes = tests::encode_jpeg(tests::make_gradient(40, 40));
  bytes.resize(bytes.size() / 2);
  add("train/n01/c.jpg", bytes);
  const auto train = open_image_folder(root(), subset::train, 16);
  try {
    train->at(0);
    FAIL();
  } catch (const error& failed) {
    EXPECT_EQ(failed.code(), errc::bad_image);
    EXPECT_THAT(failed.what(), HasSubstr("train/n01/c.jpg"));
  }
  EXPECT_NO_THROW(train->at(1));
}

TEST_F(image_folders, open_dataset_recognises_the_layout_and_lists_what_it_looked_for) {
  EXPECT_EQ(open_dataset(root().string(), subset::train)->image_size(), 224);
  EXPECT_THROW(open_image_folder(root(), subset::train, 0), error);
  for (const std::string& where : {folder_.path().string(), std::string("/does/not/exist"), std::string()}) {
    try {
      open_dataset(where, subset::train);
      FAIL() << where;
    } catch (const error& failed) {
      EXPECT_EQ(failed.code(), errc::bad_dataset);
      EXPECT_THAT(failed.what(),
                  AllOf(HasSubstr(where), HasSubstr("train.bin"), HasSubstr("val"), HasSubstr("procedural")));
    }
  }
}

TEST(image_folder, real_photographs_open) {
  const auto data = tests::variable("DVFO_DATA");
  if (!data) GTEST_SKIP() << "DVFO_DATA is not set: it names the folder that holds imagenette/train and val";
  const auto val = open_dataset(*data + "/imagenette", subset::test);
  EXPECT_EQ(val->name(), "imagenette");
  ASSERT_EQ(val->labels().size(), 10U);
  EXPECT_EQ(val->labels().front(), "tench");
  for (std::size_t i = 0; i < val->size(); i += val->size() / 20) {
    const example one = val->at(i);
    EXPECT_EQ(one.picture.width, 224);
    EXPECT_EQ(one.picture.height, 224);
    EXPECT_EQ(one.label, val->label(i));
  }
}

}  // namespace
}  // namespace dvfo::inference
