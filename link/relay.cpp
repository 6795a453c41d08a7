#include "link/relay.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "link/faults/engine.hpp"

namespace dvfo::link {

relay::relay(std::uint16_t target_port, double bits_per_second, double delay_seconds) {
  if (!(bits_per_second > 0.0) || !(delay_seconds >= 0.0)) {
    throw std::invalid_argument(fmt::format("a link of {} bit/s and {} s; expected more than 0, and at least 0",
                                            bits_per_second, delay_seconds));
  }
  constexpr const char* name = "relay";
  constexpr double bits_per_kilobyte = 8000.0;
  constexpr double milliseconds_per_second = 1000.0;
  engine_ = std::make_unique<faults::engine>(faults::engine::options{});
  address_ = engine_->add({name, "127.0.0.1:0", fmt::format("127.0.0.1:{}", target_port)}).settings.listen;
  for (const auto way : faults::both_streams) {
    const auto add = [&](const char* type, const char* attribute, double value) {
      engine_->add_toxic(name, faults::prepare({.name = fmt::format("{}_{}", type, to_string(way)),
                                                .type = type,
                                                .way = way,
                                                .attributes = {{attribute, value}}}));
    };
    add("bandwidth", "rate", bits_per_second / bits_per_kilobyte);
    add("latency", "latency", milliseconds_per_second * delay_seconds);
  }
}

relay::~relay() = default;

}  // namespace dvfo::link
