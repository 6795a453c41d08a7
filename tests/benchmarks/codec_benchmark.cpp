// Throughput of the feature codec in bytes of float input per second, beside memcpy of the same input as the limit.
// Arguments: channels in the frame, side of the square map, bits, entropy coding (0: without).
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "inference/codec/feature_codec.hpp"
#include "inference/codec/quantise.hpp"
#include "tests/inference/feature_frames.hpp"

namespace {

using dvfo::inference::decode_features;
using dvfo::inference::encode_features;
using dvfo::inference::feature_format;
using dvfo::inference::packed_bytes;
using dvfo::inference::quantise_kernel;
using dvfo::inference::runnable_kernels;

/// What one run of a benchmark works on: half of the channels of a sparse feature map, as at share ½.
struct workload {
  explicit workload(const benchmark::State& state)
      : format(dvfo::test::make_format(2 * static_cast<int>(state.range(0)), static_cast<int>(state.range(1)),
                                       static_cast<int>(state.range(1)), static_cast<int>(state.range(2)),
                                       state.range(3) != 0)) {
    std::mt19937 random(1);
    features = dvfo::test::make_features(format, random);
    selected = dvfo::test::make_selection(format.channels, format.channels / 2, random);
    for (auto& quantiser : format.quantisers) quantiser = {0.0F, 3.0F / static_cast<float>((1 << format.bits) - 1)};
  }

  /// Floats of the channels in the frame: what is counted as input.
  [[nodiscard]] std::size_t input_bytes() const {
    return selected.size() * static_cast<std::size_t>(format.height * format.width) * sizeof(float);
  }

  void report(benchmark::State& state, std::size_t frame_bytes) const {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input_bytes()));
    state.counters["frame_bytes"] = static_cast<double>(frame_bytes);
    state.SetLabel(runnable_kernels().front().name);
  }

  feature_format format;
  std::vector<float> features;
  std::vector<std::uint16_t> selected;
};

void copy_features(benchmark::State& state) {
  const std::vector<float> source(static_cast<std::size_t>(state.range(0) * state.range(1) * state.range(1)), 1.0F);
  std::vector<float> target(source.size());
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(std::memcpy(target.data(), source.data(), source.size() * sizeof(float)));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(source.size() * sizeof(float)));
}

void encode(benchmark::State& state) {
  const workload work(state);
  std::vector<std::byte> frame;
  for ([[maybe_unused]] auto _ : state) {
    encode_features(work.format, work.features, work.selected, frame);
    benchmark::DoNotOptimize(frame.data());
    benchmark::ClobberMemory();
  }
  work.report(state, frame.size());
}

void decode_frame_of(const workload& work, benchmark::State& state) {
  const auto frame = dvfo::test::encode(work.format, work.features, work.selected);
  std::vector<float> features(work.features.size());
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(decode_features(work.format, frame, features).data());
    benchmark::ClobberMemory();
  }
  work.report(state, frame.size());
}

void decode(benchmark::State& state) { decode_frame_of(workload(state), state); }

/// What the cloud pays for a frame whose bundle knows how channels vary together; beside `decode` of the same shape.
void decode_and_estimate(benchmark::State& state) {
  workload work(state);
  const auto channels = static_cast<std::size_t>(work.format.channels);
  work.format.covariance.assign(channels * channels, 0.5F);  // all correlated alike: as full as any
  for (std::size_t i = 0; i < channels; ++i) work.format.covariance[i * channels + i] = 1.0F;
  decode_frame_of(work, state);
}

/// The loops alone, for every instruction set that this machine has: what older machines can expect.
void pack_plane(benchmark::State& state, const quantise_kernel& kernel) {
  const int bits = static_cast<int>(state.range(0));
  const std::vector<float> values(4096, 0.7F);
  std::vector<std::byte> packed(packed_bytes(values.size(), bits));
  for ([[maybe_unused]] auto _ : state) {
    kernel.pack(bits, values, {0.0F, 0.1F}, packed.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(values.size() * sizeof(float)));
}

void unpack_plane(benchmark::State& state, const quantise_kernel& kernel) {
  const int bits = static_cast<int>(state.range(0));
  std::vector<float> values(4096);
  const std::vector<std::byte> packed(packed_bytes(values.size(), bits), std::byte{0x1b});
  for ([[maybe_unused]] auto _ : state) {
    kernel.unpack(bits, packed.data(), {0.0F, 0.1F}, values);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(values.size() * sizeof(float)));
}

const bool kernels_registered = [] {
  for (const quantise_kernel& kernel : runnable_kernels()) {
    const std::string name = kernel.name;
    for (auto* const benchmark :
         {benchmark::RegisterBenchmark(("pack_plane/" + name).c_str(), pack_plane, kernel),
          benchmark::RegisterBenchmark(("unpack_plane/" + name).c_str(), unpack_plane, kernel)}) {
      benchmark->ArgName("bits")->Arg(8)->Arg(4)->Arg(3)->Arg(2);
    }
  }
  return true;
}();

/// 16 channels of 16 × 16 are a 32-pixel image at share ½; 128 of 56 × 56 a larger image's features, beyond the caches
/// of a core; 32 of 28 × 28 the published MobileNet-v2's.
void shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"channels", "side", "bits", "entropy"});
  for (const int entropy : {0, 1}) {
    for (const int bits : {8, 4, 3, 2}) benchmark->Args({16, 16, bits, entropy});
    for (const int bits : {8, 4, 3, 2}) benchmark->Args({128, 56, bits, entropy});
  }
  benchmark->Args({32, 28, 2, 1});
}

BENCHMARK(copy_features)->ArgNames({"channels", "side"})->Args({16, 16})->Args({128, 56});
BENCHMARK(encode)->Apply(shapes);
BENCHMARK(decode)->Apply(shapes);
// Maps of `cifar100` and of the MobileNet-v2 at share ½, as they are sent.
BENCHMARK(decode_and_estimate)
    ->ArgNames({"channels", "side", "bits", "entropy"})
    ->Args({16, 16, 2, 1})
    ->Args({32, 28, 2, 1});

}  // namespace
