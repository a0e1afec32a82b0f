#include "digits.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "thexp/data/random_stream.h"

namespace examples {
namespace {

struct Point {
  double x, y;
};
using Stroke = std::vector<Point>;

Stroke arc(Point center, double rx, double ry, double from, double to) {
  Stroke stroke;
  constexpr int kPieces = 16;
  constexpr double kPi = 3.14159265358979323846;
  for (int i = 0; i <= kPieces; ++i) {
    double angle = (from + (to - from) * i / kPieces) * kPi / 180;
    stroke.push_back(
        {center.x + rx * std::cos(angle), center.y + ry * std::sin(angle)});
  }
  return stroke;
}

// In a box [-1, 1] x [-1, 1], y downwards.
std::vector<Stroke> strokes_of(int digit) {
  switch (digit) {
    case 0:
      return {arc({0, 0}, 0.6, 0.9, 0, 360)};
    case 1:
      return {{{-0.3, -0.6}, {0.1, -0.9}, {0.1, 0.9}}};
    case 2:
      return {arc({0, -0.4}, 0.55, 0.5, 180, 380),
              {{0.5, -0.2}, {-0.6, 0.9}, {0.6, 0.9}}};
    case 3:
      return {arc({-0.1, -0.45}, 0.6, 0.45, 210, 450),
              arc({-0.1, 0.45}, 0.65, 0.45, 270, 510)};
    case 4:
      return {{{0.3, 0.9}, {0.3, -0.9}, {-0.6, 0.3}, {0.6, 0.3}}};
    case 5:
      return {{{0.5, -0.9}, {-0.4, -0.9}, {-0.45, -0.1}},
              arc({-0.05, 0.35}, 0.55, 0.5, 230, 500)};
    case 6:
      return {arc({0.4, 0.1}, 0.95, 1.0, 180, 255),
              arc({0, 0.4}, 0.5, 0.5, 0, 360)};
    case 7:
      return {{{-0.6, -0.9}, {0.6, -0.9}, {-0.1, 0.9}}};
    case 8:
      return {arc({0, -0.45}, 0.45, 0.45, 0, 360),
              arc({0, 0.45}, 0.55, 0.45, 0, 360)};
    default:
      return {arc({0, -0.4}, 0.5, 0.5, 0, 360),
              {{0.5, -0.4}, {0.4, 0.3}, {0.1, 0.9}}};
  }
}

double distance(Point p, Point a, Point b) {
  double dx = b.x - a.x, dy = b.y - a.y;
  double length2 = dx * dx + dy * dy;
  double t = length2 > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2 : 0;
  t = std::clamp(t, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

// How one digit is written: a random affine map, and the pen's width.
struct Hand {
  explicit Hand(thexp::RandomStream& random) {
    double turn = 0.15 * random.normal();
    double slant = 0.18 * random.normal();
    double wide = 7.5 * (1 + 0.15 * random.normal());
    double tall = 9.0 * (1 + 0.1 * random.normal());
    a = wide * std::cos(turn);
    b = wide * (slant - std::sin(turn));
    c = tall * std::sin(turn);
    d = tall * std::cos(turn);
    shift = {13.5 + random.normal(), 13.5 + random.normal()};
    width = 1.0 + 0.8 * random.uniform();
    wobble = 0.06;
  }

  Point place(Point p, thexp::RandomStream& random) const {
    double x = p.x + wobble * random.normal();
    double y = p.y + wobble * random.normal();
    return {a * x + b * y + shift.x, c * x + d * y + shift.y};
  }

  double a, b, c, d, width, wobble;
  Point shift;
};

void draw(int digit, thexp::RandomStream& random, float* pixels) {
  Hand hand(random);
  std::vector<Stroke> strokes = strokes_of(digit);
  for (Stroke& stroke : strokes) {
    for (Point& point : stroke) point = hand.place(point, random);
  }
  for (int y = 0; y < 28; ++y) {
    for (int x = 0; x < 28; ++x) {
      double nearest = 1e9;
      for (const Stroke& stroke : strokes) {
        for (std::size_t i = 1; i < stroke.size(); ++i) {
          Point pixel{double(x), double(y)};
          nearest =
              std::min(nearest, distance(pixel, stroke[i - 1], stroke[i]));
        }
      }
      double ink = std::clamp(hand.width + 0.5 - nearest, 0.0, 1.0);
      double noisy = ink + 0.05 * random.normal();
      pixels[y * 28 + x] = static_cast<float>(std::clamp(noisy, 0.0, 1.0));
    }
  }
}

}  // namespace

std::shared_ptr<thexp::Dataset> draw_digits(int64_t count, uint64_t seed) {
  at::Tensor images = at::empty({count, 784}, at::kFloat);
  at::Tensor labels = at::empty({count}, at::kLong);
  for (int64_t i = 0; i < count; ++i) {
    auto random = thexp::RandomStream::of_sample(seed, 0, i);
    int digit = static_cast<int>(i % 10);
    labels.data_ptr<int64_t>()[i] = digit;
    draw(digit, random, images.data_ptr<float>() + i * 784);
  }
  return thexp::tensor_dataset({images, labels});
}

}  // namespace examples
