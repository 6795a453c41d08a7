#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dvfo::inference {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string record(int coarse, int fine, char red, char green, char blue) {
  std::string made{static_cast<char>(coarse), static_cast<char>(fine)};
  for (const char value : {red, green, blue}) made += std::string(1024, value);
  return made;
}

std::string hundred_names(int count = 100) {
  std::string names;
  for (int i = 0; i < count; ++i) names += "name" + std::to_string(i) + "\n";
  return names;
}

class cifar100_files : public ::testing::Test {
 protected:
  void SetUp() override {
    tests::write_file(folder_.path() / "fine_label_names.txt", hundred_names());
    tests::write_file(folder_.path() / "train.bin", record(0, 99, 1, 2, 3) + record(19, 7, 4, 5, 6));
    tests::write_file(folder_.path() / "test.bin", record(3, 42, 9, 8, 7));
  }

  /// The text of the bad_dataset error that opening the training part must give.
  std::string refusal() {
    try {
      open_cifar100(folder_.path(), subset::train);
    } catch (const error& failed) {
      EXPECT_EQ(failed.code(), errc::bad_dataset);
      return failed.what();
    }
    return "no error";
  }

  tests::temporary_folder folder_;
};

TEST_F(cifar100_files, records_become_labelled_images) {
  const auto train = open_cifar100(folder_.path(), subset::train);
  EXPECT_EQ(train->name(), "cifar100");
  EXPECT_EQ(train->size(), 2U);
  EXPECT_EQ(train->image_size(), 32);
  EXPECT_EQ(train->labels()[train->label(0)], "name99");
  const example second = train->at(1);
  EXPECT_EQ(second.label, 7);
  ASSERT_EQ(second.picture.pixels.size(), 3072U);
  for (std::size_t at = 0; at < 3072; ++at) ASSERT_EQ(second.picture.pixels[at], 4 + at % 3);
  EXPECT_EQ(open_cifar100(folder_.path(), subset::test)->at(0).label, 42);
}

TEST_F(cifar100_files, planes_are_copied_as_the_interface_says) {
  std::string ramp = record(1, 1, 0, 0, 0);
  std::iota(ramp.begin() + 2, ramp.end(), '\0');
  tests::write_file(folder_.path() / "train.bin", ramp);
  const auto train = open_cifar100(folder_.path(), subset::train);
  std::vector<std::uint8_t> fast(3072);
  std::vector<std::uint8_t> plain(3072);
  train->copy_pixels(0, fast);
  train->dataset::copy_pixels(0, plain);
  EXPECT_EQ(fast, plain);
  EXPECT_EQ(fast[5], 5);
  fast.resize(3071);
  EXPECT_THROW(train->copy_pixels(0, fast), error);
  EXPECT_THROW(train->dataset::copy_pixels(0, fast), error);
}

TEST_F(cifar100_files, an_index_past_the_end_is_refused) {
  const auto train = open_cifar100(folder_.path(), subset::train);
  EXPECT_THROW(train->at(2), error);
  EXPECT_THROW(static_cast<void>(train->label(2)), error);
}

TEST_F(cifar100_files, a_truncated_file_is_named_with_its_size) {
  tests::write_file(folder_.path() / "train.bin", record(0, 0, 1, 2, 3).substr(0, 3000));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("train.bin"), HasSubstr("3000 bytes"), HasSubstr("3074")));
  tests::write_file(folder_.path() / "train.bin", "");
  EXPECT_THAT(refusal(), HasSubstr("0 bytes"));
}

TEST_F(cifar100_files, labels_out_of_range_are_named_with_their_record) {
  tests::write_file(folder_.path() / "train.bin", record(0, 0, 1, 2, 3) + record(0, 100, 1, 2, 3));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("train.bin"), HasSubstr("record 1"), HasSubstr("fine label 100")));
  tests::write_file(folder_.path() / "train.bin", record(20, 0, 1, 2, 3));
  EXPECT_THAT(refusal(), HasSubstr("coarse label 20"));
}

TEST_F(cifar100_files, missing_files_are_named) {
  std::filesystem::remove(folder_.path() / "train.bin");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("train.bin"), HasSubstr("dvfo data get cifar100")));
  std::filesystem::remove(folder_.path() / "fine_label_names.txt");
  EXPECT_THAT(refusal(), HasSubstr("fine_label_names.txt"));
}

TEST_F(cifar100_files, a_wrong_number_of_names_is_refused_and_blank_lines_are_not_names) {
  tests::write_file(folder_.path() / "fine_label_names.txt", hundred_names(99));
  EXPECT_THAT(refusal(), AllOf(HasSubstr("99 class names"), HasSubstr("100")));
  tests::write_file(folder_.path() / "fine_label_names.txt", hundred_names() + "\n");
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(cifar100_files, a_folder_in_place_of_a_file_is_not_an_empty_one) {
  for (const char* name : {"train.bin", "fine_label_names.txt"}) {
    std::filesystem::remove(folder_.path() / name);
    std::filesystem::create_directory(folder_.path() / name);
    EXPECT_THAT(refusal(), HasSubstr(std::string(name) + ": is a folder"));
  }
}

TEST_F(cifar100_files, open_dataset_recognises_the_folder) {
  EXPECT_EQ(open_dataset(folder_.path().string(), subset::test)->name(), "cifar100");
  std::filesystem::remove(folder_.path() / "test.bin");
  EXPECT_THROW(open_dataset(folder_.path().string(), subset::test), error);
}

TEST(cifar100, the_real_set_has_its_published_shape) {
  const auto data = tests::variable("DVFO_DATA");
  if (!data) GTEST_SKIP() << "DVFO_DATA is not set: it names the folder that holds cifar100/train.bin and test.bin";
  const auto train = open_dataset(*data + "/cifar100", subset::train);
  const auto test = open_dataset(*data + "/cifar100", subset::test);
  ASSERT_EQ(train->size(), 50'000U);
  ASSERT_EQ(test->size(), 10'000U);
  EXPECT_EQ(train->labels().front(), "apple");
  EXPECT_EQ(train->labels().back(), "worm");
  std::vector<int> count(100);
  double red = 0;
  std::vector<std::uint8_t> chw(3072);
  for (std::size_t i = 0; i < train->size(); ++i) {
    ++count.at(static_cast<std::size_t>(train->label(i)));
    train->copy_pixels(i, chw);
    red += std::accumulate(chw.begin(), chw.begin() + 1024, 0);
  }
  EXPECT_THAT(count, ::testing::Each(500));
  EXPECT_NEAR(red / 1024 / 255 / 50'000, 0.50707516, 1e-6);  // the mean that is published for the red channel
}

}  // namespace
}  // namespace dvfo::inference
