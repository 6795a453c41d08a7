// Runs a fuzz target without a fuzzer: every file of a corpus folder, and a number of deterministic mutations of each.
// Any compiler and any sanitiser will do. `replay FOLDER MUTATIONS`; a failing input aborts the process, after its
// origin was printed.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using input = std::vector<std::uint8_t>;

struct corpus_file {
  std::string name;
  input bytes;
};

std::vector<corpus_file> read_corpus(const std::filesystem::path& folder) {
  std::vector<corpus_file> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + entry.path().string());
    files.push_back({entry.path().filename().string(), input(std::istreambuf_iterator<char>(in), {})});
  }
  if (files.empty()) throw std::runtime_error("no corpus file in " + folder.string() + ", expected at least one");
  std::ranges::sort(files, {}, &corpus_file::name);
  return files;
}

/// One to four small changes, as fuzzers make them.
input mutate(input bytes, const std::vector<corpus_file>& corpus, std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const auto at = [&](std::size_t offset) { return bytes.begin() + static_cast<std::ptrdiff_t>(offset); };
  for (auto changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t where = below(bytes.size());
    const std::size_t length = std::min<std::size_t>(1 + below(8), bytes.size() - where);
    switch (below(8)) {
      case 0:
      case 1:
        if (!bytes.empty()) bytes[where] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 2:
        if (!bytes.empty()) bytes[where] = static_cast<std::uint8_t>(random());
        break;
      case 3:
        if (!bytes.empty()) bytes[where] = random() % 2 == 0 ? 0x00 : 0xff;
        break;
      case 4:
        bytes.insert(at(where), 1 + below(8), static_cast<std::uint8_t>(random()));
        break;
      case 5:
        bytes.erase(at(where), at(where + length));
        break;
      case 6:
        bytes.resize(where);
        break;
      default: {  // the tail of another file
        const input& other = corpus[below(corpus.size())].bytes;
        bytes.resize(where);
        const auto from = static_cast<std::ptrdiff_t>(std::min(where, other.size()));
        bytes.insert(bytes.end(), other.begin() + from, other.end());
      }
    }
  }
  return bytes;
}

/// What is being tried, for whoever must find the input again. A fixed buffer, because the handler of an abort prints
/// it.
std::array<char, 256> origin{};

void print_origin() { std::fprintf(stderr, "replay: failing input: %s\n", origin.data()); }

void on_abort(int) { print_origin(); }

void run(const input& bytes) {
  // A copy of exactly this size, so that the address sanitiser sees the first byte read behind it.
  const input exact(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void replay(const std::filesystem::path& folder, unsigned long mutations) {
  const auto corpus = read_corpus(folder);
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    std::snprintf(origin.data(), origin.size(), "%s", corpus[i].name.c_str());
    run(corpus[i].bytes);
    std::mt19937 random(static_cast<std::uint32_t>(i));
    for (unsigned long k = 1; k <= mutations; ++k) {
      std::snprintf(origin.data(), origin.size(), "%s, mutation %lu", corpus[i].name.c_str(), k);
      run(mutate(corpus[i].bytes, corpus, random));
    }
  }
  std::printf("replayed %zu files and %lu mutations of each\n", corpus.size(), mutations);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s FOLDER MUTATIONS\n", argv[0]);
    return 2;
  }
  std::signal(SIGABRT, on_abort);
  try {
    replay(argv[1], std::stoul(argv[2]));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "replay: %s\n", failure.what());
    print_origin();
    return 1;
  }
  return 0;
}
