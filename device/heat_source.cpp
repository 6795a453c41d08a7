#include "device/heat_source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "device/sensors.hpp"

namespace dvfo::device {
namespace {

/// Parts of a die. Tegra: CPU, its clusters, GPU, the other accelerators (cv, aux), the fabric (soc), the clocks'
/// corner (pll), tj = the hottest of all. PCs: pkg of x86_pkg_temp, TCPU of Intel's firmware. ARM computers: the rest.
/// Left out on purpose is Tegra's AO: the always-on corner reads some 7 °C above an idle Nano's CPU, and NVIDIA
/// throttles nothing by it.
constexpr std::array die_words{"cpu",  "bcpu", "mcpu", "gpu",     "soc",        "cv",      "aux", "tj",    "pll",
                               "pllx", "pkg",  "tcpu", "package", "littlecore", "bigcore", "npu", "cpuss", "gpuss"};

/// One of these beside a part's name makes it something else: "CPU-VRM", "GPU_board".
constexpr std::array other_words{"board", "tboard", "tdiode", "fan", "skin", "ambient", "vr", "vrm", "pmic", "battery"};

constexpr std::array firmware_words{"acpitz"};

/// Intel's coretemp; AMD's k8temp, k10temp and the zenpower that some use in its place; VIA's.
constexpr std::array processor_drivers{"coretemp", "k10temp", "zenpower", "k8temp", "via_cputemp"};

/// The next word of `text`, which is taken off it, in lower case and without the number at its end: "soc0-thermal"
/// begins with "soc".
std::string next_word(std::string_view& text) {
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto* const begin = std::find_if(text.begin(), text.end(), is_letter);
  const auto* const end = std::find_if_not(begin, text.end(), is_letter);
  std::string word(begin, end);
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  while (!word.empty() && word.back() >= '0' && word.back() <= '9') word.pop_back();
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return word;
}

template <std::size_t n>
bool holds(const std::array<const char*, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

heat_source source_of_zone(std::string_view type) {
  if (type == "PMIC-Die") return heat_source::constant;
  heat_source source = heat_source::elsewhere;
  while (!type.empty()) {
    const std::string word = next_word(type);
    if (holds(other_words, word)) return heat_source::elsewhere;
    if (holds(die_words, word)) source = heat_source::die;
    if (holds(firmware_words, word)) source = heat_source::firmware;
  }
  return source;
}

bool is_processor_driver(std::string_view driver) { return holds(processor_drivers, driver); }

heat_source source_of_processor_input(std::string_view label, bool has_die_beside) {
  return label == "Tctl" && has_die_beside ? heat_source::elsewhere : heat_source::die;
}

const temperature_reading* hottest_of_die(const std::vector<temperature_reading>& readings) {
  for (const heat_source wanted : {heat_source::die, heat_source::firmware}) {
    const temperature_reading* hottest = nullptr;
    for (const temperature_reading& one : readings) {
      if (one.source == wanted && (hottest == nullptr || one.celsius > hottest->celsius)) hottest = &one;
    }
    if (hottest != nullptr) return hottest;
  }
  return nullptr;
}

std::optional<double> die_celsius(const std::vector<temperature_reading>& readings) {
  const temperature_reading* const hottest = hottest_of_die(readings);
  return hottest == nullptr ? std::nullopt : std::optional(hottest->celsius);
}

}  // namespace dvfo::device
