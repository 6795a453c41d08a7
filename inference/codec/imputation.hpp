#pragma once

#include <cstdint>
#include <span>

#include "inference/codec/feature_codec.hpp"

namespace dvfo::inference {

/// What is added to the variance of every known channel, in mean variances of all: it keeps the estimate from leaning
/// on differences between channels that hardly ever differ, and every system solvable.
inline constexpr double imputation_ridge = 1e-3;

/// Writes every channel of `features` [C, H, W] that is not among `known` (strictly ascending, each < C). With the
/// format's covariance it is the best linear estimate from the known ones: x̂ᵤ = mᵤ + Σᵤₖ(Σₖₖ + ridge)⁻¹(xₖ − mₖ), never
/// below the lowest level of the channel; without it mᵤ alone. The format has passed check(). Thread-safe.
void impute(const feature_format& format, std::span<const std::uint16_t> known, std::span<float> features);

/// Whether every choice of known channels can be solved for; a covariance is symmetric and has no negative eigenvalue.
bool is_covariance(std::span<const float> values, int channels);

}  // namespace dvfo::inference
