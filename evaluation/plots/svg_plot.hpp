#pragma once

#include <optional>
#include <string>
#include <vector>

/// Plots as SVG text: axes, curves, a legend. They follow the reader's light or dark theme and need nothing else.
namespace dvfo::evaluation {

enum class axis_scale { linear, logarithmic };

struct plot_axis {
  std::string label = {};  ///< with its unit
  axis_scale scale = axis_scale::linear;
  std::optional<double> lowest = {};   ///< default: from the data, widened to a round number
  std::optional<double> highest = {};  ///< likewise
};

struct plot_point {
  double x = 0.0;
  double y = 0.0;
  std::string label = {};  ///< written beside the point, unless it would cover another
};

/// One curve. Colour and marker follow from its place among the series (six of each, then anew).
struct plot_series {
  std::string name = {};
  std::vector<plot_point> points = {};
  bool line = true;     ///< points joined in their order
  bool markers = true;  ///< every point shown
};

/// A horizontal line over the whole width, dashed, with a name in the legend.
struct plot_level {
  std::string name = {};
  double y = 0.0;
};

struct plot {
  std::string title = {};
  plot_axis x = {};
  plot_axis y = {};
  std::vector<plot_series> series = {};
  std::vector<plot_level> levels = {};
};

/// The plot as a whole SVG document, 760 × 460. Points outside given bounds are cut off at the frame. Throws
/// std::invalid_argument when there is no point, a number is not finite, bounds are the wrong way round, or a
/// logarithmic axis holds a number that is not above 0. Thread-safe.
std::string svg_of(const plot& what);

/// Round numbers that mark an axis from `lowest` to `highest`, both inclusive, about `wanted` of them: steps of 1, 2 or
/// 5 times a power of ten; on a logarithmic axis 1, 2 and 5 of every power of ten, or the powers alone.
std::vector<double> axis_marks(double lowest, double highest, axis_scale scale, int wanted);

}  // namespace dvfo::evaluation
