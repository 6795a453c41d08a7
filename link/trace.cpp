#include "link/trace.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "files/reading.hpp"

namespace dvfo::link {
namespace {

constexpr double bits_per_megabit = 1e6;
constexpr double bits_per_byte = 8.0;

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::invalid_argument("bandwidth trace " + name + ": " + why);
}

}  // namespace

trace::trace(std::string name, std::vector<step> steps, double length_seconds)
    : name_(std::move(name)), steps_(std::move(steps)), length_seconds_(length_seconds) {
  if (steps_.empty()) refuse(name_, "it has no step, expected at least one");
  if (steps_.front().seconds != 0.0) refuse(name_, "its first step begins later than at 0 s");
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const double end = i + 1 < steps_.size() ? steps_[i + 1].seconds : length_seconds_;
    if (!(end > steps_[i].seconds) || !std::isfinite(end)) refuse(name_, "its times are not ascending");
    if (!(steps_[i].bps >= 0.0) || !std::isfinite(steps_[i].bps)) {
      refuse(name_, "a bandwidth is " + std::to_string(steps_[i].bps) + ", expected a finite number, at least 0");
    }
    bits_a_round_ += steps_[i].bps * (end - steps_[i].seconds);
  }
  if (bits_a_round_ <= 0.0) refuse(name_, "it never carries a bit");
}

trace trace::constant(double bps) {
  std::ostringstream name;
  name << bps / bits_per_megabit << " Mbit/s";
  return {name.str(), {{0.0, bps}}, 1.0};
}

trace trace::from_file(const std::filesystem::path& file) {
  const auto text = files::read_text(file);
  std::vector<step> steps;
  for (const auto& line : files::lines_of(text)) {
    const auto fail = [&](const std::string& expected) {
      throw std::runtime_error(file.string() + ":" + std::to_string(line.number) + ": found \"" +
                               std::string(line.text.substr(0, 60)) + "\", expected " + expected);
    };
    std::istringstream fields{std::string(line.text)};
    double seconds = 0.0;
    double megabits = 0.0;
    std::string rest;
    if (!(fields >> seconds >> megabits) || fields >> rest) fail("seconds, a tab, and megabits per second");
    if (!(megabits >= 0.0) || !std::isfinite(megabits * bits_per_megabit)) fail("a bandwidth of at least 0");
    if (!std::isfinite(seconds)) fail("a time in seconds");
    if (!steps.empty() && !(seconds > steps.back().seconds)) fail("a time after that of the line before");
    steps.push_back({seconds, megabits * bits_per_megabit});
  }
  if (steps.empty()) throw std::runtime_error(file.string() + " holds no step; expected a bandwidth trace");
  const double origin = steps.front().seconds;
  for (auto& each : steps) each.seconds -= origin;
  const double last = steps.back().seconds;
  const double mean = steps.size() > 1 ? last / static_cast<double>(steps.size() - 1) : 1.0;
  try {
    return {file.filename().string(), std::move(steps), last + mean};
  } catch (const std::invalid_argument& problem) {
    throw std::runtime_error(file.string() + ": " + problem.what());
  }
}

trace trace::markov(std::uint64_t seed, double low_bps, double high_bps, double mean_dwell_seconds,
                    double length_seconds) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
  const double low = std::log(low_bps);
  const double high = std::log(high_bps);
  double at = low + uniform() * (high - low);
  std::vector<step> steps;
  double now = 0.0;
  while (now < length_seconds) {
    if (steps.empty() || now > steps.back().seconds) steps.push_back({now, std::exp(at)});
    at += (uniform() - 0.5) * (high - low) / 2.0;
    if (at > high) at = 2.0 * high - at;  // reflected: the ends are not sticky
    if (at < low) at = 2.0 * low - at;
    now -= mean_dwell_seconds * std::log1p(-uniform());
  }
  return {"markov-" + std::to_string(seed), std::move(steps), length_seconds};
}

std::size_t trace::step_at(double within) const {
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), within,
                                      [](double seconds, const step& each) { return seconds < each.seconds; });
  return static_cast<std::size_t>(after - steps_.begin()) - 1;
}

double trace::bps_at(double seconds) const { return steps_[step_at(std::fmod(seconds, length_seconds_))].bps; }

double trace::sent_at(double start_seconds, double bytes) const {
  double bits = bits_per_byte * bytes;
  double round = std::floor(start_seconds / length_seconds_) * length_seconds_;
  double within = start_seconds - round;
  const double rounds = std::floor(bits / bits_a_round_);
  bits -= rounds * bits_a_round_;
  round += rounds * length_seconds_;
  for (std::size_t i = step_at(within); bits > 0.0;) {
    const double end = i + 1 < steps_.size() ? steps_[i + 1].seconds : length_seconds_;
    const double fits = steps_[i].bps * (end - within);
    if (fits >= bits) return round + within + bits / steps_[i].bps;
    bits -= fits;
    within = end;
    if (++i == steps_.size()) {
      i = 0;
      within = 0.0;
      round += length_seconds_;
    }
  }
  return round + within;
}

}  // namespace dvfo::link
