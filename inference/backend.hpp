#pragma once

#include <cstdint>
#include <string_view>

namespace dvfo::inference {

/// Where a model's parts run, and in which numbers.
enum class backend : std::uint8_t {
  cpu_int8,   ///< the local DNN in 8-bit integers, all else in float32
  cuda_fp16,  ///< everything in 16-bit floats on a CUDA device, as captured graphs
};

/// As flags and reports write it.
constexpr std::string_view name_of(backend where) { return where == backend::cuda_fp16 ? "cuda-fp16" : "cpu-int8"; }

/// The backend of that name, which a settings table has checked.
constexpr backend backend_of(std::string_view name) {
  return name == name_of(backend::cuda_fp16) ? backend::cuda_fp16 : backend::cpu_int8;
}

}  // namespace dvfo::inference
