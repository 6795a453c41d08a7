#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "link/faults/pipeline.hpp"
#include "link/faults/toxic_settings.hpp"

namespace dvfo::link::faults {

using namespace std::chrono_literals;

/// What came out of a pipeline, and when.
struct arrival {
  instant at{};
  chunk::kind what = chunk::kind::data;
  std::string bytes;
};

/// One way of a connection in virtual time: chunks in, arrivals out, looked at as rarely as can be.
class stream_bench {
 public:
  stream_bench& toxic(const std::string& type, const attribute_values& attributes = {}, std::uint64_t seed = 1,
                      instant since = 0ms) {
    const auto prepared = prepare({.name = type, .type = type, .attributes = attributes});
    pipe.add(type, prepared.make({since, random_source(seed)}), since);
    return *this;
  }

  stream_bench& send(instant at, const std::string& bytes) {
    pipe.push({at, chunk::kind::data, {bytes.begin(), bytes.end()}});
    return *this;
  }
  stream_bench& end(instant at) {
    pipe.push({at, chunk::kind::end});
    return *this;
  }

  /// What has come out by `now`, each at the time at which it left the last toxic.
  std::vector<arrival> by(instant now) {
    pipe.advance(now);
    std::vector<arrival> out;
    while (const auto* first = pipe.front()) {
      out.push_back({first->at, first->what, {first->bytes.begin(), first->bytes.end()}});
      pipe.pop();
    }
    return out;
  }

  pipeline pipe;
};

/// All bytes of the data among the arrivals.
inline std::string bytes_of(const std::vector<arrival>& arrivals) {
  std::string out;
  for (const auto& each : arrivals) out += each.bytes;
  return out;
}

/// Bytes that tell their place.
inline std::string pattern(std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<char>((i * 131 + i / 251) & 0xff);
  return out;
}

}  // namespace dvfo::link::faults
