#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "inference/data/dataset.hpp"
#include "inference/error.hpp"

// All arithmetic is on integers, so that every compiler and processor makes the same pixels: no rounding mode, fused
// multiply-add or math library can change one. Lengths are in 1/256 pixel, rotations unit vectors in 1/16384.

namespace dvfo::inference {
namespace {

constexpr int side = 32;
constexpr int subsamples = 3;  // a side: 9 samples decide how much of a pixel the shape covers
constexpr int pixel = 256;
constexpr int unit_vector = 1 << 14;
constexpr int unit = 1024;  // the shape's own coordinates: its outer radius

const std::vector<std::string> class_names = {"circle", "square", "triangle", "cross",     "star",
                                              "ring",   "arrow",  "crescent", "hourglass", "zigzag"};

/// splitmix64 (Steele, Lea and Flood 2014): one addition and a mixing function a number. Standard distributions are
/// not used: they differ between libraries.
class random_source {
 public:
  explicit random_source(std::uint64_t key) : state_(key) {}

  std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15U); }

  /// Uniform in [low, high], both included; the bias of the multiplication is under 2^-20 for ranges used here.
  int between(int low, int high) {
    const auto range = static_cast<std::uint64_t>(high - low) + 1;
    return low + static_cast<int>(((next() >> 32U) * range) >> 32U);
  }

  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

struct point {
  int x = 0;
  int y = 0;
};

using colour = std::array<int, 3>;

/// A unit vector of nearly uniform direction, from the rational form of the circle: no sine, no square root.
point random_direction(random_source& random) {
  const std::int64_t t = random.between(-unit_vector, unit_vector);
  const std::int64_t one = unit_vector;
  const std::int64_t length = one * one + t * t;
  point direction{static_cast<int>(one * (one * one - t * t) / length), static_cast<int>(one * 2 * one * t / length)};
  if (random.between(0, 1) == 1) direction = {-direction.x, direction.y};
  return direction;
}

colour random_colour(random_source& random) {
  return {random.between(0, 255), random.between(0, 255), random.between(0, 255)};
}

colour shifted(const colour& base, int by, random_source& random) {
  colour made{};
  for (std::size_t c = 0; c < 3; ++c) made[c] = std::clamp(base[c] + random.between(-by, by), 0, 255);
  return made;
}

int distance(const colour& a, const colour& b) {
  return std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]);
}

/// A colour that can be told from `base`: darker or lighter, or of another hue, at random.
colour contrasting(const colour& base, random_source& random) {
  constexpr int least_distance = 300;
  for (int attempt = 0; attempt < 16; ++attempt) {
    const colour made = random_colour(random);
    if (distance(made, base) >= least_distance) return made;
  }
  return {base[0] < 128 ? 230 : 25, base[1] < 128 ? 230 : 25, base[2] < 128 ? 230 : 25};
}

// -- shapes: does the point (u, v) belong to it?
// -------------------------------------------------------------------------

bool in_disc(int u, int v, int radius) { return u * u + v * v <= radius * radius; }
bool in_box(int u, int v, int half_width, int half_height) {
  return std::abs(u) <= half_width && std::abs(v) <= half_height;
}

bool in_triangle(int u, int v) {
  if (v > 560) return false;
  return 1732 * std::abs(u) <= 1000 * (v + 1000);
}

/// A pentagram: inside at least four of the five lines that carry its edges.
bool in_star(int u, int v) {
  constexpr std::array<point, 5> normals = {{{0, 1000}, {951, 309}, {588, -809}, {-588, -809}, {-951, 309}}};
  constexpr int inner = 340;  // distance of the lines from the centre
  int outside = 0;
  for (const point& normal : normals) outside += normal.x * u + normal.y * v > inner * 1000 ? 1 : 0;
  return outside <= 1 && in_disc(u, v, 1100);
}

bool in_arrow(int u, int v) {
  if (v < -50) return v >= -1000 && 10 * std::abs(u) <= 9 * (v + 1000);  // head
  return v <= 950 && std::abs(u) <= 260;                                 // shaft
}

bool in_crescent(int u, int v) { return in_disc(u, v, 1000) && !in_disc(u - 480, v, 790); }

bool in_hourglass(int u, int v) { return std::abs(v) <= 880 && std::abs(u) <= 80 + std::abs(v) * 8 / 10; }

bool in_zigzag(int u, int v) {
  if (std::abs(u) > 740 || std::abs(v) > 880) return false;
  return std::abs(v) >= 520 || std::abs(u + v) <= 330;
}

bool in_shape(int label, int u, int v) {
  switch (label) {
    case 0:
      return in_disc(u, v, 920);
    case 1:
      return in_box(u, v, 780, 780);
    case 2:
      return in_triangle(u, v);
    case 3:
      return in_box(u, v, 270, 960) || in_box(u, v, 960, 270);
    case 4:
      return in_star(u, v);
    case 5:
      return in_disc(u, v, 980) && !in_disc(u, v, 560);
    case 6:
      return in_arrow(u, v);
    case 7:
      return in_crescent(u, v);
    case 8:
      return in_hourglass(u, v);
    default:
      return in_zigzag(u, v);
  }
}

// -- drawing
// ------------------------------------------------------------------------------------------------------------

/// The picture while it is drawn: a colour a pixel, any integer until the end.
class canvas {
 public:
  colour& at(int x, int y) { return pixels_[static_cast<std::size_t>(y * side + x)]; }

  /// Moves a pixel towards `to` by part/whole; pixels outside the picture are ignored.
  void blend(int x, int y, const colour& to, int part, int whole) {
    if (x < 0 || y < 0 || x >= side || y >= side) return;
    colour& here = at(x, y);
    for (std::size_t c = 0; c < 3; ++c) here[c] += (to[c] - here[c]) * part / whole;
  }

 private:
  std::array<colour, static_cast<std::size_t>(side) * side> pixels_{};
};

void draw_gradient(canvas& picture, const colour& base, random_source& random) {
  const colour end = shifted(base, 45, random);
  const point along = random_direction(random);
  constexpr int reach = 23 * unit_vector;  // half the picture's diagonal
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int place = (x - side / 2) * along.x + (y - side / 2) * along.y + reach;
      colour& here = picture.at(x, y);
      for (std::size_t c = 0; c < 3; ++c) here[c] = base[c] + (end[c] - base[c]) * (place >> 8) / (2 * reach >> 8);
    }
  }
}

void draw_blob(canvas& picture, const colour& paint, random_source& random) {
  const int cx = random.between(0, side - 1);
  const int cy = random.between(0, side - 1);
  const int radius = random.between(2, 5);
  const int strength = random.between(2, 6);
  for (int y = cy - radius; y <= cy + radius; ++y) {
    for (int x = cx - radius; x <= cx + radius; ++x) {
      const int inside = radius * radius - (x - cx) * (x - cx) - (y - cy) * (y - cy);
      if (inside > 0) picture.blend(x, y, paint, strength * inside, 8 * radius * radius);
    }
  }
}

void draw_line(canvas& picture, const colour& paint, random_source& random) {
  point place{random.between(0, side * pixel - 1), random.between(0, side * pixel - 1)};
  const point direction = random_direction(random);
  const int length = random.between(5, 18);
  const int strength = random.between(4, 8);
  for (int step = 0; step < length; ++step) {
    picture.blend(place.x >> 8, place.y >> 8, paint, strength, 8);
    place.x += direction.x * pixel / unit_vector;
    place.y += direction.y * pixel / unit_vector;
  }
}

/// A crumb of a few pixels, as bright as the shape itself.
void draw_fragment(canvas& picture, const colour& paint, random_source& random) {
  const int x = random.between(0, side - 1);
  const int y = random.between(0, side - 1);
  const auto mask = random.next();
  for (int bit = 0; bit < 9; ++bit) {
    if ((mask >> bit & 1U) != 0) picture.blend(x + bit % 3, y + bit / 3, paint, 1, 1);
  }
}

void draw_clutter(canvas& picture, const colour& base, const colour& shape_colour, random_source& random) {
  for (int left = random.between(3, 6); left > 0; --left) draw_blob(picture, shifted(base, 90, random), random);
  for (int left = random.between(2, 5); left > 0; --left) draw_line(picture, shifted(base, 90, random), random);
  // Half of the crumbs wear the shape's colour, so that colour alone does not give the shape away.
  for (int left = random.between(2, 5); left > 0; --left) {
    draw_fragment(picture, left % 2 == 0 ? shape_colour : random_colour(random), random);
  }
}

/// What the shape is filled with.
class texture {
 public:
  texture(const colour& base, random_source& random)
      : first_(base),
        second_(shifted(base, 55, random)),
        kind_(random.between(0, 4)),
        period_(random.between(3, 6) * pixel),
        along_(random_direction(random)),
        key_(random.next()) {}

  [[nodiscard]] colour at(int x, int y) const {
    const int forward = wave(x * along_.x + y * along_.y);
    const int across = wave(y * along_.x - x * along_.y);
    switch (kind_) {
      case 0:
        return first_;
      case 1:
        return forward != 0 ? first_ : second_;  // stripes
      case 2:
        return forward != across ? first_ : second_;  // checks
      case 3:
        return mixed(x + y, 2 * side);  // gradient
      default:
        return mixed(grain(x, y), 255);  // noise
    }
  }

 private:
  /// 0 or 1, changing every half period; `place` is in pixels × unit_vector.
  [[nodiscard]] int wave(int place) const {
    const int position = place / (unit_vector / pixel) + 64 * period_;  // never negative inside the picture
    return (2 * position / period_) % 2;
  }
  [[nodiscard]] int grain(int x, int y) const {
    return static_cast<int>(random_source::mix(key_ + static_cast<std::uint64_t>(y * side + x)) & 255U);
  }
  [[nodiscard]] colour mixed(int part, int whole) const {
    colour made{};
    for (std::size_t c = 0; c < 3; ++c) made[c] = first_[c] + (second_[c] - first_[c]) * part / whole;
    return made;
  }

  colour first_;
  colour second_;
  int kind_;
  int period_;
  point along_;
  std::uint64_t key_;
};

struct placement {
  point centre;    // 1/256 pixel
  int radius = 0;  // 1/256 pixel
  point axis;      // the shape's u axis in the picture
};

placement random_placement(random_source& random) {
  placement made;
  made.radius = random.between(9 * pixel, 14 * pixel);
  const int margin = made.radius * 9 / 10;
  made.centre = {random.between(margin, side * pixel - margin), random.between(margin, side * pixel - margin)};
  made.axis = random_direction(random);
  return made;
}

/// How many of a pixel's subsamples lie in the shape.
int coverage(int label, const placement& where, const point& scaled_axis, int x, int y) {
  int covered = 0;
  for (int sub = 0; sub < subsamples * subsamples; ++sub) {
    const int dx = x * pixel + (2 * (sub % subsamples) + 1) * pixel / (2 * subsamples) - where.centre.x;
    const int dy = y * pixel + (2 * (sub / subsamples) + 1) * pixel / (2 * subsamples) - where.centre.y;
    const int u = (dx * scaled_axis.x + dy * scaled_axis.y) / unit_vector;
    const int v = (dy * scaled_axis.x - dx * scaled_axis.y) / unit_vector;
    covered += in_shape(label, u, v) ? 1 : 0;
  }
  return covered;
}

void draw_shape(canvas& picture, int label, const colour& base, random_source& random) {
  const placement where = random_placement(random);
  const texture fill(base, random);
  const point scaled_axis{where.axis.x * unit / where.radius, where.axis.y * unit / where.radius};
  const int reach = where.radius * 5 / 4;  // corners lie a little outside the radius
  const auto first = [&](int centre) { return std::max(0, (centre - reach) / pixel); };
  const auto last = [&](int centre) { return std::min(side - 1, (centre + reach) / pixel); };
  for (int y = first(where.centre.y); y <= last(where.centre.y); ++y) {
    for (int x = first(where.centre.x); x <= last(where.centre.x); ++x) {
      const int covered = coverage(label, where, scaled_axis, x, y);
      if (covered > 0) picture.blend(x, y, fill.at(x, y), covered, subsamples * subsamples);
    }
  }
}

image develop(canvas& picture, random_source& random) {
  image made{side, side, std::vector<std::uint8_t>(std::size_t{3} * side * side)};
  auto out = made.pixels.begin();
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      std::uint64_t noise = random.next();
      for (const int value : picture.at(x, y)) {
        // The sum of two bytes is a triangle distribution: about ±10 at most here.
        const int grain = (static_cast<int>(noise & 255U) + static_cast<int>(noise >> 8U & 255U) - 255) / 25;
        *out++ = static_cast<std::uint8_t>(std::clamp(value + grain, 0, 255));
        noise >>= 16U;
      }
    }
  }
  return made;
}

image draw(int label, std::uint64_t key) {
  random_source random(key);
  canvas picture;
  const colour ground = random_colour(random);
  const colour figure = contrasting(ground, random);
  draw_gradient(picture, ground, random);
  draw_clutter(picture, ground, figure, random);
  draw_shape(picture, label, figure, random);
  return develop(picture, random);
}

class procedural final : public dataset {
 public:
  procedural(subset part, std::size_t count, std::uint64_t seed)
      : count_(count), key_(random_source::mix(random_source::mix(seed + 1) + (part == subset::train ? 1 : 2))) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::size_t size() const override { return count_; }
  [[nodiscard]] int image_size() const override { return side; }
  [[nodiscard]] const std::vector<std::string>& labels() const override { return class_names; }

  /// Classes take turns, so that every stretch of ten images is balanced.
  [[nodiscard]] int label(std::size_t index) const override {
    if (index >= count_)
      throw error(errc::bad_argument, fmt::format("procedural: image {} was asked for; the set has {}", index, count_));
    return static_cast<int>(index % class_names.size());
  }

  [[nodiscard]] example at(std::size_t index) const override {
    const int made = label(index);
    return {draw(made, random_source::mix(key_ + index * 0xD1342543DE82EF95U)), made};
  }

 private:
  std::string name_ = "procedural";
  std::size_t count_;
  std::uint64_t key_;
};

}  // namespace

std::unique_ptr<dataset> make_procedural(subset part, std::size_t count, std::uint64_t seed) {
  return std::make_unique<procedural>(part, count, seed);
}

}  // namespace dvfo::inference
