#include "evaluation/timing.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace dvfo::evaluation {
namespace {

constexpr int warm_up_runs = 20;  // operators prepare and cache their kernels on first use
constexpr int measured_runs = 201;

}  // namespace

double median_milliseconds(const std::function<void()>& work) {
  for (int i = 0; i < warm_up_runs; ++i) work();
  std::vector<double> samples;
  samples.reserve(measured_runs);
  for (int i = 0; i < measured_runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    samples.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(samples.begin(), samples.begin() + measured_runs / 2, samples.end());
  return samples[measured_runs / 2];
}

}  // namespace dvfo::evaluation
