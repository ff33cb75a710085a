// A line search: a step t along a direction d that lowers f enough and flattens it enough (the strong Wolfe conditions).
//
//   f(x + t d) <= f(x) + c1 t g(x).d,   |g(x + t d).d| <= c2 |g(x).d|
//
// First steps grow until they bracket such a t, then the bracket shrinks by cubic interpolation; as torch.optim.LBFGS, evaluation by evaluation.
#pragma once

#include <etch/core/storage.hpp>

#include <cstdint>

namespace etch {
inline namespace ETCH_ABI {
namespace optim {
namespace detail {

/// Numbers of a block, as a vector of its own.
template <class T>
class Vector {
 public:
  Vector() = default;
  explicit Vector(std::size_t n) : storage_(n * sizeof(T)) {}
  T* data() const { return static_cast<T*>(storage_.data()); }

 private:
  Storage storage_;
};

template <class T>
double dot(const T* a, const T* b, std::size_t n) {
  double s = 0;
  for (std::size_t i = 0; i < n; ++i) s += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return s;
}
template <class T>
double largest(const T* a, std::size_t n) {
  double m = 0;
  for (std::size_t i = 0; i < n; ++i) m = __builtin_fmax(m, __builtin_fabs(static_cast<double>(a[i])));
  return m;
}
/// y += t x
template <class T>
void add_scaled(T* y, double t, const T* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += static_cast<T>(t) * x[i];
}

/// Where the cubic through two points with these values and slopes is least, within bounds.
inline double cubic_minimum(double x1, double f1, double g1, double x2, double f2, double g2, double low, double high) {
  const double d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2), square = d1 * d1 - g1 * g2;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = __builtin_sqrt(square);
  const double at = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2)) : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
  return at < low ? low : at > high ? high : at;
}

/// A point of the search: step, value, slope along d; its gradient lies in a buffer.
struct WolfePoint {
  double t = 0, f = 0, slope = 0;
  int gradient = 0;
};

/// What a search found; its gradient is in buffer `gradient`.
struct WolfeResult {
  double t, f;
  int gradient, evaluations;
};

/// `evaluate(t)` is the value at x + t d and leaves the gradient there in `g`; `buffer` holds three vectors, the first the gradient at t = 0.
template <class T, class Evaluate>
WolfeResult strong_wolfe(Evaluate evaluate, const T* g, const T* d, std::size_t n, double t, double f, double slope, Vector<T>* buffer, double tolerance_change,
                         int most) {
  constexpr double c1 = 1e-4, c2 = 0.9;
  const auto keep = [&](int b) { std::memcpy(buffer[b].data(), g, n * sizeof(T)); };
  const double width = largest(d, n);
  int evaluations = 0, iteration = 0;
  const auto at = [&](double s, int b) {
    WolfePoint p{s, evaluate(s), 0, b};
    p.slope = dot(g, d, n);
    ++evaluations;
    return p;
  };
  WolfePoint before{0, f, slope, 0}, now = at(t, 1), bracket[2];
  keep(1);
  bool done = false, found = false;
  for (; iteration < most; ++iteration) {
    if (now.f > f + c1 * now.t * slope || (iteration > 1 && now.f >= before.f)) {
      found = true;
    } else if (__builtin_fabs(now.slope) <= -c2 * slope) {
      done = found = true;
      before = now;
    } else if (now.slope >= 0) {
      found = true;
    }
    if (found) break;
    const double next = cubic_minimum(before.t, before.f, before.slope, now.t, now.f, now.slope, now.t + 0.01 * (now.t - before.t), now.t * 10);
    const int free = 3 - now.gradient;  // of buffers 1 and 2
    before = now;
    now = at(next, free);
    keep(free);
  }
  bracket[0] = found ? before : WolfePoint{0, f, slope, 0};
  bracket[1] = now;

  bool stuck = false;
  int low = bracket[0].f <= bracket[1].f ? 0 : 1;
  while (!done && iteration < most) {
    const double least = __builtin_fmin(bracket[0].t, bracket[1].t), most_t = __builtin_fmax(bracket[0].t, bracket[1].t);
    if ((most_t - least) * width < tolerance_change) break;
    t = cubic_minimum(bracket[0].t, bracket[0].f, bracket[0].slope, bracket[1].t, bracket[1].f, bracket[1].slope, least, most_t);
    const double margin = 0.1 * (most_t - least);
    if (__builtin_fmin(most_t - t, t - least) < margin) {  // too near an end: once is allowed
      if (stuck || t >= most_t || t <= least) {
        t = __builtin_fabs(t - most_t) < __builtin_fabs(t - least) ? most_t - margin : least + margin;
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    WolfePoint p = at(t, 0);
    ++iteration;
    const int high = 1 - low;
    if (p.f > f + c1 * t * slope || p.f >= bracket[low].f) {
      p.gradient = bracket[high].gradient;
      bracket[high] = p;
      keep(p.gradient);
      low = bracket[0].f <= bracket[1].f ? 0 : 1;
    } else {
      const int free = bracket[high].gradient;
      if (__builtin_fabs(p.slope) <= -c2 * slope) done = true;
      else if (p.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
      p.gradient = bracket[high].gradient == bracket[low].gradient ? free : bracket[low].gradient;
      bracket[low] = p;
      keep(p.gradient);
    }
  }
  return {bracket[low].t, bracket[low].f, bracket[low].gradient, evaluations};
}

}  // namespace detail
}  // namespace optim
}  // namespace ETCH_ABI
}  // namespace etch
