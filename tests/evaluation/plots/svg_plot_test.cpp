#include "evaluation/plots/svg_plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace dvfo::evaluation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

plot two_curves() {
  return {.title = "Rate & accuracy",
          .x = {.label = "bytes", .scale = axis_scale::logarithmic},
          .y = {.label = "top-1, %"},
          .series = {{.name = "features", .points = {{100, 60, "ξ ¼"}, {1000, 68, "ξ 1"}}},
                     {.name = "JPEG <q>", .points = {{700, 20}, {1500, 61}, {3000, 68}}, .line = false}},
          .levels = {{.name = "unsplit", .y = 68.0}}};
}

/// Numbers of one attribute (`cx="12.5"`) in every element that starts with `element`.
std::vector<double> numbers(const std::string& text, const std::string& element, const std::string& attribute) {
  std::vector<double> out;
  const std::string start = " " + attribute + "=\"";
  for (std::size_t at = text.find(element); at != std::string::npos; at = text.find(element, at + 1)) {
    out.push_back(std::stod(text.substr(text.find(start, at) + start.size())));
  }
  return out;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(axis_marks, are_round_numbers_inside_the_bounds) {
  EXPECT_THAT(axis_marks(0, 10, axis_scale::linear, 5), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(axis_marks(61.2, 68.7, axis_scale::linear, 4), ElementsAre(62, 64, 66, 68));
  EXPECT_THAT(axis_marks(-0.4, 0.4, axis_scale::linear, 4), ElementsAre(-0.4, -0.2, 0, 0.2, 0.4));
  EXPECT_THAT(axis_marks(3, 3, axis_scale::linear, 4), ElementsAre(3));
  EXPECT_THAT(axis_marks(150, 3000, axis_scale::logarithmic, 6), ElementsAre(200, 500, 1000, 2000));
  EXPECT_THAT(axis_marks(1, 1e6, axis_scale::logarithmic, 6), ElementsAre(1, 10, 100, 1e3, 1e4, 1e5, 1e6));
}

TEST(svg_plot, is_one_closed_document_that_names_everything) {
  const auto svg = svg_of(two_curves());
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  for (const auto* text :
       {"Rate &amp; accuracy", "bytes", "top-1, %", "features", "JPEG &lt;q&gt;", "unsplit", "ξ ¼"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  for (const auto* element : {"g", "text", "style", "title", "clipPath", "svg"}) {
    const std::string name = element;
    EXPECT_EQ(count(svg, "<" + name + ">") + count(svg, "<" + name + " "), count(svg, "</" + name + ">")) << name;
  }
}

TEST(svg_plot, follows_the_theme_of_its_reader) {
  EXPECT_THAT(svg_of(two_curves()), HasSubstr("@media (prefers-color-scheme: dark)"));
}

TEST(svg_plot, draws_a_line_only_where_one_is_asked_for_and_every_marker) {
  const auto svg = svg_of(two_curves());
  EXPECT_EQ(count(svg, "<polyline"), 1U);
  EXPECT_EQ(count(svg, "<circle"), 2U + 1U);  // points and legend
  EXPECT_EQ(count(svg, "<polygon"), 3U + 1U);
}

TEST(svg_plot, larger_values_lie_further_right_and_higher) {
  plot what = two_curves();
  what.series.resize(1);
  what.series[0].points = {{100, 60}, {200, 64}, {400, 68}};
  const auto svg = svg_of(what);
  const auto x = numbers(svg, "<circle class=\"mark\"", "cx");
  const auto y = numbers(svg, "<circle class=\"mark\"", "cy");
  ASSERT_EQ(x.size(), 4U);  // the last one is the legend's
  EXPECT_LT(x[0], x[1]);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.2) << "equal factors are equal ways on a logarithmic axis";
  EXPECT_GT(y[0], y[1]);
  EXPECT_NEAR(y[0] - y[1], y[1] - y[2], 0.2);
}

TEST(svg_plot, a_label_that_would_cover_another_is_left_out) {
  plot what = two_curves();
  what.series[0].points = {{100, 60, "first"}, {101, 60, "covered"}, {1000, 61, "apart"}};
  const auto svg = svg_of(what);
  EXPECT_THAT(svg, HasSubstr("first"));
  EXPECT_THAT(svg, Not(HasSubstr("covered")));
  EXPECT_THAT(svg, HasSubstr("apart"));
}

TEST(svg_plot, bounds_that_are_given_hold) {
  plot what = two_curves();
  what.x = {.label = "bytes", .scale = axis_scale::linear, .lowest = 0.0, .highest = 2000.0};
  const auto svg = svg_of(what);
  EXPECT_THAT(svg, HasSubstr(">2000</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">3000</text>")));
}

TEST(svg_plot, one_point_has_room_around_it) {
  const auto svg = svg_of({.title = "one", .series = {{.name = "a", .points = {{5, 5}}}}});
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf\"")));
}

TEST(svg_plot, refuses_what_cannot_be_drawn) {
  EXPECT_THROW(svg_of({.title = "empty"}), std::invalid_argument);
  plot what = two_curves();
  what.series[0].points[0].x = 0.0;
  EXPECT_THROW(svg_of(what), std::invalid_argument);
  what.series[0].points[0] = {100, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_THROW(svg_of(what), std::invalid_argument);
  what = two_curves();
  what.y.lowest = 90.0;
  what.y.highest = 10.0;
  EXPECT_THROW(svg_of(what), std::invalid_argument);
}

}  // namespace
}  // namespace dvfo::evaluation
