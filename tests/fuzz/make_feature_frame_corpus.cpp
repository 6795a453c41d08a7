// Writes the seed corpus of the feature frame's fuzz target: `make_feature_frame_corpus FOLDER`.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "tests/fuzz/feature_frame_input.hpp"

namespace {

void write(const std::filesystem::path& file, std::size_t format, std::span<const std::byte> frame) {
  std::ofstream out(file, std::ios::binary);
  out.put(static_cast<char>(format));
  out.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

/// Whole frames with one, some and all channels of each format, and one format's damaged in its main parts.
void write_corpus(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::mt19937 random(2024);
  const auto formats = dvfo::test::fuzz_formats();
  for (std::size_t i = 0; i < formats.size(); ++i) {
    const auto& format = formats[i];
    const auto features = dvfo::test::make_features(format, random);
    for (const int count : {1, (format.channels + 1) / 2, format.channels}) {
      const auto selected = dvfo::test::make_selection(format.channels, count, random);
      write(folder / ("format-" + std::to_string(i) + "-channels-" + std::to_string(count)), i,
            dvfo::test::encode(format, features, selected));
    }
  }
  const auto features = dvfo::test::make_features(formats[5], random);
  const auto frame = dvfo::test::encode(formats[5], features, dvfo::test::make_selection(16, 6, random));
  write(folder / "empty", 5, {});
  write(folder / "header-alone", 5, std::span(frame).first(14));
  write(folder / "cut-in-payload", 5, std::span(frame).first(frame.size() / 2));
  write(folder / "of-another-format", 4, frame);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_feature_frame_corpus FOLDER\n";
    return 2;
  }
  try {
    write_corpus(argv[1]);
  } catch (const std::exception& failure) {
    std::cerr << "make_feature_frame_corpus: " << failure.what() << '\n';
    return 1;
  }
  return 0;
}
