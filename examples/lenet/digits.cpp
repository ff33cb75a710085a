#include "digits.hpp"

#include <etch/core/rng.hpp>
#include <etch/io/idx.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace lenet {
namespace {

struct Point {
  float x, y;
};

/// A piece of a stroke in a box of 1 x 1 whose y points down: an arc from angle `from` to angle `to`, in degrees.
struct Arc {
  Point centre, radius;
  float from, to;
};
/// A straight one is a radius seen from its end: an arc that does not turn, from `centre` to `centre + radius`.
constexpr Arc line(Point a, Point b) { return {a, {b.x - a.x, b.y - a.y}, 0, 0}; }

constexpr Arc zero[] = {{{0.5f, 0.5f}, {0.28f, 0.42f}, 0, 360}};
constexpr Arc one[] = {line({0.34f, 0.26f}, {0.52f, 0.08f}), line({0.52f, 0.08f}, {0.52f, 0.92f})};
constexpr Arc two[] = {{{0.5f, 0.32f}, {0.26f, 0.24f}, 190, 400}, line({0.7f, 0.47f}, {0.24f, 0.92f}), line({0.24f, 0.92f}, {0.78f, 0.92f})};
constexpr Arc three[] = {{{0.48f, 0.29f}, {0.25f, 0.21f}, 200, 450}, {{0.48f, 0.71f}, {0.27f, 0.21f}, 270, 520}};
constexpr Arc four[] = {line({0.62f, 0.08f}, {0.22f, 0.64f}), line({0.22f, 0.64f}, {0.82f, 0.64f}), line({0.64f, 0.34f}, {0.64f, 0.94f})};
constexpr Arc five[] = {line({0.74f, 0.1f}, {0.32f, 0.1f}), line({0.32f, 0.1f}, {0.28f, 0.47f}), {{0.48f, 0.66f}, {0.27f, 0.26f}, 220, 500}};
constexpr Arc six[] = {{{0.5f, 0.68f}, {0.25f, 0.24f}, 0, 360}, {{0.62f, 0.68f}, {0.37f, 0.6f}, 180, 265}};
constexpr Arc seven[] = {line({0.24f, 0.1f}, {0.78f, 0.1f}), line({0.78f, 0.1f}, {0.42f, 0.92f})};
constexpr Arc eight[] = {{{0.5f, 0.29f}, {0.21f, 0.2f}, 0, 360}, {{0.5f, 0.71f}, {0.26f, 0.22f}, 0, 360}};
constexpr Arc nine[] = {{{0.5f, 0.32f}, {0.25f, 0.24f}, 0, 360}, {{0.38f, 0.32f}, {0.37f, 0.6f}, 0, 85}};
constexpr std::span<const Arc> shapes[] = {zero, one, two, three, four, five, six, seven, eight, nine};

/// Random numbers in [low, high), one after another.
struct Numbers {
  std::uint64_t seed, item;
  std::uint32_t next = 0;
  float operator()(float low, float high) { return low + (high - low) * 0x1p-32f * static_cast<float>(random_bits(seed, 1, item, next++)); }
};

/// From the box to pixels: size, slant, turn and shift.
struct Hand {
  float xx, xy, yx, yy, dx, dy, width;

  explicit Hand(Numbers& r) {
    const float wide = side * r(0.5f, 0.8f), high = side * r(0.6f, 0.85f), slant = r(-0.4f, 0.4f), turn = r(-0.4f, 0.4f);
    xx = wide * std::cos(turn), xy = high * (slant * std::cos(turn) - std::sin(turn));
    yx = wide * std::sin(turn), yy = high * (slant * std::sin(turn) + std::cos(turn));
    dx = side * 0.5f + r(-3.5f, 3.5f), dy = side * 0.5f + r(-3.5f, 3.5f);
    width = r(0.7f, 1.7f);
  }
  Point operator()(Point p) const {
    const float x = p.x - 0.5f, y = p.y - 0.5f;
    return {xx * x + xy * y + dx, yx * x + yy * y + dy};
  }
};

/// The square of the distance from p to the stretch from a to b.
float distance(Point p, Point a, Point b) {
  const float x = b.x - a.x, y = b.y - a.y, along = ((p.x - a.x) * x + (p.y - a.y) * y) / (x * x + y * y + 1e-12f), t = std::clamp(along, 0.0f, 1.0f);
  const float u = p.x - a.x - t * x, v = p.y - a.y - t * y;
  return u * u + v * v;
}

/// The points of a piece, `bends` + 1 of them.
constexpr int bends = 10;
Point on(const Arc& arc, int i) {
  const float share = static_cast<float>(i) / bends;
  if (arc.from == arc.to) return {arc.centre.x + share * arc.radius.x, arc.centre.y + share * arc.radius.y};
  const float angle = (arc.from + share * (arc.to - arc.from)) * 0.017453293f;
  return {arc.centre.x + arc.radius.x * std::cos(angle), arc.centre.y + arc.radius.y * std::sin(angle)};
}

void draw(int digit, Numbers& random, std::uint8_t* pixels) {
  const Hand hand(random);
  float nearest[side * side];
  std::fill_n(nearest, side * side, 1e6f);
  for (const Arc& arc : shapes[digit]) {
    const int pieces = arc.from == arc.to ? 1 : bends;
    for (int i = 0; i < pieces; ++i) {
      const Point a = hand(on(arc, i)), b = hand(on(arc, pieces == 1 ? bends : i + 1));
      const float reach = hand.width + 1;  // pixels further away see nothing of it
      const auto range = [&](float low, float high) {
        return std::pair(std::clamp(static_cast<int>(low - reach), 0, side), std::clamp(static_cast<int>(high + reach + 1), 0, side));
      };
      const auto [left, right] = range(std::min(a.x, b.x), std::max(a.x, b.x));
      const auto [top, bottom] = range(std::min(a.y, b.y), std::max(a.y, b.y));
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) {
          float& d = nearest[y * side + x];
          d = std::min(d, distance({static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f}, a, b));
        }
    }
  }
  for (int i = 0; i < side * side; ++i) {
    const float ink = std::clamp(hand.width + 0.5f - std::sqrt(nearest[i]), 0.0f, 1.0f), noise = random(-0.5f, 0.5f);
    pixels[i] = static_cast<std::uint8_t>(255 * std::clamp(ink + noise, 0.0f, 1.0f));
  }
}

}  // namespace

std::uint32_t random_bits(std::uint64_t seed, std::uint32_t stream, std::uint64_t item, std::uint32_t number) {
  const etch::Philox counter{{number / 4, static_cast<std::uint32_t>(item), static_cast<std::uint32_t>(item >> 32), stream}};
  return etch::philox4x32(counter, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)).word[number % 4];
}

const std::uint8_t* Digits::image(std::size_t i) const { return pixels.data() + i * side * side; }

Digits read_digits(const char* images, const char* labels) {
  etch::io::Idx pictures = etch::io::read_idx(images, 3), names = etch::io::read_idx(labels, 1);
  if (pictures.shape[1] != side || pictures.shape[2] != side)
    etch::fail("lenet", "images must have 28 x 28 pixels", etch::Message{} << "got " << etch::Message{}.shape(pictures.shape.data(), 3).c_str() << " in " << images);
  if (pictures.shape[0] != names.shape[0])
    etch::fail("lenet", "there must be as many labels as images", etch::Message{} << "got " << names.shape[0] << " for " << pictures.shape[0]);
  if (names.shape[0] < 10) etch::fail("lenet", "there must be at least 10 images, since a tenth is held out", etch::Message{} << "got " << names.shape[0]);
  for (std::size_t i = 0; i < names.values.size(); ++i)
    if (names.values[i] >= classes) etch::fail("lenet", "a label must be a digit", etch::Message{} << "got " << names.values[i] << " at " << i << " in " << labels);
  return {std::move(pictures.values), std::move(names.values)};
}

Digits draw_digits(std::size_t count, std::uint64_t seed) {
  Digits digits{std::vector<std::uint8_t>(count * side * side), std::vector<std::uint8_t>(count)};
  for (std::size_t i = 0; i < count; ++i) {
    Numbers random{seed, i};
    digits.labels[i] = static_cast<std::uint8_t>(random_bits(seed, 0, i, 0) % classes);
    draw(digits.labels[i], random, digits.pixels.data() + i * side * side);
  }
  return digits;
}

}  // namespace lenet
