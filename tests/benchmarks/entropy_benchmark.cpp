// The codec's entropy stage against zstd on real features: bytes of a payload and microseconds for it, at each share.
// `entropy_benchmark [--bundle DIR] [--data DIR] [Google Benchmark's options]`, by default the procedural bundle and
// images. zstd works on the same packed planes.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "configuration/paths.hpp"
#include "inference/codec/entropy.hpp"
#include "inference/codec/quantise.hpp"
#include "inference/data/dataset.hpp"
#include "inference/model.hpp"
#include "inference/model_bundle.hpp"

namespace {

using namespace dvfo::inference;
using bytes = std::vector<std::byte>;

constexpr std::size_t images = 300;

/// Packed planes of the channels that each image sends at one share.
struct payloads {
  double share = 0.0;
  level_planes what;
  std::vector<bytes> plain;
};

std::vector<payloads> real_payloads(const model_bundle& bundle, const dataset& data) {
  const auto& format = bundle.manifest().format;
  const auto values = static_cast<std::size_t>(format.height * format.width);
  std::vector<payloads> out;
  for (const double share : trained_shares) {
    if (share > 0.0) out.push_back({.share = share, .what = {}, .plain = {}});
  }
  edge_model edge(bundle);
  for (std::size_t i = 0; i < std::min(images, data.size()); ++i) {
    const auto found = edge.extract(data.at(i).picture);
    for (auto& each : out) {
      const auto sent = split_channels(found.importance, each.share).secondary;
      each.what = {.planes = sent.size(),
                   .height = static_cast<std::size_t>(format.height),
                   .width = static_cast<std::size_t>(format.width),
                   .bits = format.bits};
      bytes plain(each.what.packed_size());
      for (std::size_t k = 0; k < sent.size(); ++k) {
        runnable_kernels().front().pack(format.bits, found.features.values().subspan(sent[k] * values, values),
                                        format.quantisers[sent[k]],
                                        plain.data() + k * packed_bytes(values, format.bits));
      }
      each.plain.push_back(std::move(plain));
    }
  }
  return out;
}

/// One payload after the other; the figure is the time of one.
void over_all(benchmark::State& state, std::size_t count, const std::function<std::size_t(std::size_t)>& work) {
  std::size_t next = 0;
  std::size_t size = 0;
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(work(next));
    next = (next + 1) % count;
  }
  for (std::size_t i = 0; i < count; ++i) size += work(i);
  state.counters["bytes"] = static_cast<double>(size) / static_cast<double>(count);
}

void add(const std::string& name, std::function<void(benchmark::State&)> run) {
  benchmark::RegisterBenchmark(name.c_str(), [run = std::move(run)](benchmark::State& state) {
    run(state);
  })->Unit(benchmark::kMicrosecond);
}

/// A payload that does not get smaller travels as it is.
bytes or_plain(std::span<const std::byte> packed, const bytes& plain) {
  return packed.empty() || packed.size() >= plain.size() ? plain : bytes(packed.begin(), packed.end());
}

void add_range_coder(const payloads& all, const std::string& share) {
  auto coded = std::make_shared<std::vector<bytes>>();
  for (const auto& plain : all.plain) coded->push_back(or_plain(compress_if_smaller(plain, all.what), plain));
  add("range_coder/encode/share:" + share, [&all](benchmark::State& state) {
    over_all(state, all.plain.size(), [&](std::size_t i) {
      const auto packed = compress_if_smaller(all.plain[i], all.what);
      return packed.empty() ? all.plain[i].size() : packed.size();
    });
  });
  add("range_coder/decode/share:" + share, [&all, coded](benchmark::State& state) {
    over_all(state, coded->size(), [&](std::size_t i) {
      const bytes& packed = (*coded)[i];
      if (packed.size() < all.plain[i].size()) benchmark::DoNotOptimize(decompress_exactly(packed, all.what).data());
      return packed.size();
    });
  });
}

void add_zstd(const payloads& all, const std::string& share, int level) {
  const std::shared_ptr<ZSTD_CCtx> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  const std::shared_ptr<ZSTD_DCtx> back(ZSTD_createDCtx(), ZSTD_freeDCtx);
  const auto out = std::make_shared<bytes>(ZSTD_compressBound(all.plain.front().size()));
  const auto compress = [=](const bytes& plain) {
    const std::size_t size =
        ZSTD_compressCCtx(context.get(), out->data(), out->size(), plain.data(), plain.size(), level);
    return std::span<const std::byte>(*out).first(size);
  };
  auto coded = std::make_shared<std::vector<bytes>>();
  for (const auto& plain : all.plain) coded->push_back(or_plain(compress(plain), plain));
  const std::string name = "zstd_" + std::to_string(level);
  add(name + "/encode/share:" + share, [&all, compress](benchmark::State& state) {
    over_all(state, all.plain.size(),
             [&](std::size_t i) { return std::min(compress(all.plain[i]).size(), all.plain[i].size()); });
  });
  add(name + "/decode/share:" + share, [&all, coded, back, out](benchmark::State& state) {
    over_all(state, coded->size(), [&](std::size_t i) {
      const bytes& packed = (*coded)[i];
      if (packed.size() < all.plain[i].size()) {
        benchmark::DoNotOptimize(
            ZSTD_decompressDCtx(back.get(), out->data(), out->size(), packed.data(), packed.size()));
      }
      return packed.size();
    });
  });
}

/// Takes `--name VALUE` out of the arguments.
std::string take(std::vector<char*>& arguments, const std::string& name, const std::string& otherwise) {
  const auto at = std::ranges::find_if(arguments, [&](const char* each) { return name == each; });
  if (at == arguments.end() || at + 1 == arguments.end()) return otherwise;
  std::string value = *(at + 1);
  arguments.erase(at, at + 2);
  return value;
}

void run(int argc, char** argv) {
  std::vector<char*> arguments(argv, argv + argc);
  const auto bundle = model_bundle::load(dvfo::configuration::find_bundle(take(arguments, "--bundle", "procedural")));
  const auto& dataset = bundle.manifest().dataset;
  const auto data =
      open_dataset(dvfo::configuration::find_data(take(arguments, "--data", "procedural"), dataset), subset::test);
  const auto all = real_payloads(bundle, *data);
  for (const auto& each : all) {
    const std::string share = std::to_string(each.share).substr(0, 4);
    add_range_coder(each, share);
    for (const int level : {1, 3, 19}) add_zstd(each, share, level);
  }
  auto count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  benchmark::RunSpecifiedBenchmarks();
}

}  // namespace

int main(int argc, char** argv) {
  prepare_for_single_images();
  set_intra_op_threads(1);
  try {
    run(argc, argv);
  } catch (const std::exception& problem) {
    std::cerr << "entropy_benchmark: " << problem.what() << '\n';
    return 1;
  }
  return 0;
}
