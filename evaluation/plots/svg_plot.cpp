#include "evaluation/plots/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace dvfo::evaluation {
namespace {

// Places in the drawing, in SVG's units.
constexpr double width = 760.0;
constexpr double height = 460.0;
constexpr double left = 66.0;
constexpr double top = 44.0;
constexpr double bottom = 404.0;
constexpr double legend_room = 190.0;
constexpr double right = width - legend_room;
constexpr double marker = 4.0;

/// What is drawn in no series' colour: class, attributes on light and on dark ground. Plain rules without variables,
/// which not every reader of SVG knows.
struct rule {
  const char* name;
  const char* light;
  const char* dark;
};
constexpr std::array<rule, 5> rules = {{{".ground", "fill: #ffffff", "fill: #0d1117"},
                                        {".ink", "fill: #24292f", "fill: #e6edf3"},
                                        {".frame", "fill: none; stroke: #57606a", "fill: none; stroke: #8d96a0"},
                                        {".mesh", "stroke: #d8dee4", "stroke: #2b313a"},
                                        {".level", "stroke: #57606a", "stroke: #8d96a0"}}};

/// Colours that stay apart for colour-blind readers (after Okabe and Ito 2008), lighter where the ground is dark.
struct series_colour {
  const char* light;
  const char* dark;
};
constexpr std::array<series_colour, 6> colours = {{{"#0072b2", "#56b4e9"},
                                                   {"#d55e00", "#f0803c"},
                                                   {"#009e73", "#2fc79a"},
                                                   {"#b0589a", "#e08fc4"},
                                                   {"#a07000", "#e69f00"},
                                                   {"#3c3c3c", "#c9d1d9"}}};
constexpr std::size_t looks = colours.size();

std::string themed(bool dark) {
  std::string out;
  for (const auto& each : rules) out += fmt::format("{} {{ {} }}\n", each.name, dark ? each.dark : each.light);
  for (std::size_t i = 0; i < looks; ++i) {
    const char* const colour = dark ? colours[i].dark : colours[i].light;
    out += fmt::format(".s{0} .curve {{ stroke: {1} }} .s{0} .mark, .s{0} .note {{ fill: {1} }}\n", i, colour);
  }
  return out;
}

std::string style() {
  return fmt::format(
      "<style>\ntext {{ font: 13px system-ui, sans-serif }} .title {{ font-size: 15px; font-weight: 600 }} "
      ".note {{ font-size: 11px }}\n.curve {{ fill: none; stroke-width: 2 }} .level {{ stroke-dasharray: 6 4 }}\n"
      "{}@media (prefers-color-scheme: dark) {{\n{}}}\n</style>\n",
      themed(false), themed(true));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char each : text) {
    switch (each) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += each;
    }
  }
  return out;
}

/// Numbers along one axis, and where they lie in the drawing.
class axis {
 public:
  axis(const plot_axis& what, const std::vector<double>& values, double from, double to)
      : scale_(what.scale),
        from_(from),
        to_(to),
        lowest_(what.lowest.value_or(std::ranges::min(values))),
        highest_(what.highest.value_or(std::ranges::max(values))) {
    for (const double value : values) check(value);
    check(lowest_);
    check(highest_);
    if (lowest_ > highest_) {
      throw std::invalid_argument(
          fmt::format("axis \"{}\" goes from {} to {}; expected the lower bound first", what.label, lowest_, highest_));
    }
    widen(!what.lowest, !what.highest);
    marks_ = axis_marks(lowest_, highest_, scale_, 6);
  }

  [[nodiscard]] double place(double value) const {
    return from_ + (to_ - from_) * (turned(value) - turned(lowest_)) / (turned(highest_) - turned(lowest_));
  }
  [[nodiscard]] const std::vector<double>& marks() const { return marks_; }

 private:
  [[nodiscard]] double turned(double value) const {
    return scale_ == axis_scale::logarithmic ? std::log10(value) : value;
  }

  void check(double value) const {
    if (!std::isfinite(value)) throw std::invalid_argument("a plot's number is not finite");
    if (scale_ == axis_scale::logarithmic && !(value > 0.0)) {
      throw std::invalid_argument(fmt::format("{} cannot be on a logarithmic axis; expected a number above 0", value));
    }
  }

  /// Bounds that nobody gave move outwards to the next mark; a single value gets room on both sides.
  void widen(bool lower, bool upper) {
    if (lowest_ == highest_) {
      const double room = scale_ == axis_scale::logarithmic ? 0.5 * lowest_ : std::max(1e-9, 0.5 * std::abs(lowest_));
      if (lower || !upper) lowest_ -= room;
      if (upper || !lower) highest_ += room;
    }
    if (scale_ == axis_scale::logarithmic) {
      const auto round = [](double value, double step) {
        return std::pow(10.0, step * std::floor(std::log10(value) / step));
      };
      if (lower) lowest_ = round(lowest_, 0.25);
      if (upper) highest_ = 1.0 / round(1.0 / highest_, 0.25);
      return;
    }
    const auto marks = axis_marks(lowest_, highest_, scale_, 6);
    const double step = marks.size() > 1 ? marks[1] - marks[0] : highest_ - lowest_;
    if (lower) lowest_ = step * std::floor(lowest_ / step + 1e-9);
    if (upper) highest_ = step * std::ceil(highest_ / step - 1e-9);
  }

  axis_scale scale_;
  double from_, to_;
  double lowest_ = 0.0;
  double highest_ = 1.0;
  std::vector<double> marks_;
};

/// The document under way.
class drawing {
 public:
  template <class... Arguments>
  void add(fmt::format_string<Arguments...> text, Arguments&&... values) {
    fmt::format_to(std::back_inserter(text_), text, std::forward<Arguments>(values)...);
  }
  void raw(const std::string& text) { text_ += text; }
  [[nodiscard]] std::string take() { return std::move(text_); }

  /// Text beside a point, unless it would cover an earlier one.
  void note_at(double x, double y, const std::string& note) {
    constexpr double letter = 6.5;
    constexpr double line = 12.0;
    const auto letters =
        std::ranges::count_if(note, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    const box mine{x, y - line, x + letter * static_cast<double>(letters), y};
    if (std::ranges::any_of(notes_, [&](const box& other) { return mine.meets(other); })) return;
    notes_.push_back(mine);
    add("<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x, y, escaped(note));
  }

  void marker_at(std::size_t look, double x, double y) {
    switch (look % looks) {
      case 0:
        add("<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>\n", x, y, marker);
        break;
      case 1:
        corners(x, y, {{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}});
        break;
      case 2:
        corners(x, y, {{{0, -1.3}, {1.2, 0.9}, {-1.2, 0.9}, {0, -1.3}}});
        break;
      case 3:
        corners(x, y, {{{0, -1.4}, {1.4, 0}, {0, 1.4}, {-1.4, 0}}});
        break;
      case 4:
        corners(x, y, {{{0, 1.3}, {1.2, -0.9}, {-1.2, -0.9}, {0, 1.3}}});
        break;
      default:
        corners(x, y, {{{-1.3, -0.5}, {1.3, -0.5}, {1.3, 0.5}, {-1.3, 0.5}}});
    }
  }

 private:
  struct box {
    double left, top, right, bottom;
    [[nodiscard]] bool meets(const box& other) const {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
  };
  struct offset {
    double x, y;
  };
  void corners(double x, double y, const std::array<offset, 4>& places) {
    raw("<polygon class=\"mark\" points=\"");
    for (const auto& each : places) add("{:.1f},{:.1f} ", x + marker * each.x, y + marker * each.y);
    raw("\"/>\n");
  }

  std::string text_;
  std::vector<box> notes_;
};

/// 20000 is "20k", 0.05 stays.
std::string mark_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", std::abs(value) < 1e-12 ? 0.0 : value);
}

void draw_axes(drawing& out, const plot& what, const axis& x, const axis& y) {
  for (const double mark : x.marks()) {
    const double at = x.place(mark);
    out.add("<line class=\"mesh\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>\n", at, top, bottom);
    out.add("<text class=\"ink\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", at, bottom + 18,
            mark_text(mark));
  }
  for (const double mark : y.marks()) {
    const double at = y.place(mark);
    out.add("<line class=\"mesh\" x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>\n", at, left, right);
    out.add("<text class=\"ink\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 6, at + 4,
            mark_text(mark));
  }
  out.add("<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", left, top, right - left,
          bottom - top);
  out.add("<text class=\"ink\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (left + right) / 2, bottom + 40,
          escaped(what.x.label));
  out.add("<text class=\"ink\" transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
          (top + bottom) / 2, escaped(what.y.label));
}

void draw_series(drawing& out, const plot_series& series, std::size_t look, const axis& x, const axis& y) {
  out.add("<g class=\"s{}\">\n<g clip-path=\"url(#inside)\">\n", look % looks);
  if (series.line && series.points.size() > 1) {
    out.raw("<polyline class=\"curve\" points=\"");
    for (const auto& point : series.points) out.add("{:.1f},{:.1f} ", x.place(point.x), y.place(point.y));
    out.raw("\"/>\n");
  }
  if (series.markers) {
    for (const auto& point : series.points) out.marker_at(look, x.place(point.x), y.place(point.y));
  }
  out.raw("</g>\n");
  for (const auto& point : series.points) {
    const double at_x = x.place(point.x);
    const double at_y = y.place(point.y);
    if (point.label.empty() || at_x < left || at_x > right || at_y < top || at_y > bottom) continue;
    out.note_at(at_x + 6, at_y + 14, point.label);
  }
  out.raw("</g>\n");
}

void draw_legend(drawing& out, const plot& what) {
  const double at = right + 14;
  double line = top + 10;
  for (std::size_t i = 0; i < what.series.size(); ++i, line += 22) {
    out.add("<g class=\"s{}\">\n", i % looks);
    if (what.series[i].line) {
      out.add("<line class=\"curve\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>\n", at, at + 24, line);
    }
    if (what.series[i].markers) out.marker_at(i, at + 12, line);
    out.add("</g>\n<text class=\"ink\" x=\"{}\" y=\"{}\">{}</text>\n", at + 30, line + 4, escaped(what.series[i].name));
  }
  for (const auto& level : what.levels) {
    out.add("<line class=\"level\" x1=\"{0}\" x2=\"{1}\" y1=\"{2}\" y2=\"{2}\"/>\n", at, at + 24, line);
    out.add("<text class=\"ink\" x=\"{}\" y=\"{}\">{}</text>\n", at + 30, line + 4, escaped(level.name));
    line += 22;
  }
}

}  // namespace

std::vector<double> axis_marks(double lowest, double highest, axis_scale scale, int wanted) {
  std::vector<double> marks;
  if (scale == axis_scale::logarithmic) {
    const bool powers_alone = std::log10(highest / lowest) * 3.0 > 1.5 * wanted;
    for (double power = std::floor(std::log10(lowest)); power <= std::ceil(std::log10(highest)); power += 1.0) {
      for (const double digit : {1.0, 2.0, 5.0}) {
        const double mark = digit * std::pow(10.0, power);
        if (powers_alone && digit > 1.0) continue;
        if (mark >= lowest * (1 - 1e-9) && mark <= highest * (1 + 1e-9)) marks.push_back(mark);
      }
    }
    return marks;
  }
  const double raw = (highest - lowest) / wanted;
  if (!(raw > 0.0)) return {lowest};
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double digits = raw / power;
  const double step = power * (digits <= 1.0 ? 1.0 : digits <= 2.0 ? 2.0 : digits <= 5.0 ? 5.0 : 10.0);
  for (double i = std::ceil(lowest / step - 1e-9); i * step <= highest + 1e-9 * step; i += 1.0) {
    marks.push_back(i * step);
  }
  return marks;
}

std::string svg_of(const plot& what) {
  std::vector<double> all_x;
  std::vector<double> all_y;
  for (const auto& series : what.series) {
    for (const auto& point : series.points) {
      all_x.push_back(point.x);
      all_y.push_back(point.y);
    }
  }
  if (all_x.empty()) throw std::invalid_argument("plot \"" + what.title + "\" has no point");
  for (const auto& level : what.levels) all_y.push_back(level.y);
  const axis x(what.x, all_x, left, right);
  const axis y(what.y, all_y, bottom, top);

  drawing out;
  out.add(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\">\n",
      width, height);
  out.add("<title>{}</title>\n", escaped(what.title));
  out.raw(style());
  out.add("<clipPath id=\"inside\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n", left, top,
          right - left, bottom - top);
  out.add("<rect class=\"ground\" width=\"{}\" height=\"{}\"/>\n", width, height);
  out.add("<text class=\"ink title\" x=\"{}\" y=\"26\">{}</text>\n", left, escaped(what.title));
  draw_axes(out, what, x, y);
  for (const auto& level : what.levels) {
    out.add("<line class=\"level\" clip-path=\"url(#inside)\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>\n",
            left, right, y.place(level.y));
  }
  for (std::size_t i = 0; i < what.series.size(); ++i) draw_series(out, what.series[i], i, x, y);
  draw_legend(out, what);
  out.raw("</svg>\n");
  return out.take();
}

}  // namespace dvfo::evaluation
