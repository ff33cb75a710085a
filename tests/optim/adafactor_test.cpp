// Adafactor against torch.optim's formulas in plain C++: a matrix in factors, a vector in full.
#include <etch/etch.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace etch;
using optim::Adafactor;

namespace {

constexpr int rows = 3, columns = 4, all = rows * columns;

struct Both {
  Param<double, rows, columns> w;
  Param<double, columns> b;
  ETCH_MODULE(w, b)
  constexpr auto forward(auto x, auto y) const { return sum(w * x) + sum(b * y); }
};
struct BothLoss {
  constexpr auto operator()(auto& m, auto x, auto y) const { return m(x, y); }
};

double rms(const double* x, int n) {
  double s = 0;
  for (int i = 0; i < n; ++i) s += x[i] * x[i];
  return std::sqrt(s / n);
}
double epsilon(const Adafactor& o) { return o.eps[0] < 0 ? 2.220446049250313e-16 : o.eps[0]; }
/// One step of n numbers, whose second moments are v.
void apply_to(const Adafactor& o, int t, double* p, const double* g, const double* v, int n) {
  const double alpha = std::fmax(o.eps[1], rms(p, n)) * std::fmin(o.lr, 1 / std::sqrt(t));
  double u[all] = {};
  for (int i = 0; i < n; ++i) u[i] = g[i] / std::sqrt(std::fmax(v[i], epsilon(o) * epsilon(o)));
  const double scale = alpha / std::fmax(1.0, rms(u, n) / o.d);
  for (int i = 0; i < n; ++i) p[i] = p[i] * (1 - o.lr * o.weight_decay) - scale * u[i];
}

void check(const Adafactor& o) {
  auto model = make<Both>();
  Tensor<double, rows, columns> x;
  Tensor<double, columns> y;
  auto step = train_step(model, BothLoss{}, o, x, y);
  Generator random{3};
  double w[all], b[columns], row[rows] = {}, col[columns] = {}, variance[columns] = {}, worst = 0;
  for (int i = 0; i < all; ++i) model->w.data()[i] = w[i] = 0.3 * i - 1;
  for (int i = 0; i < columns; ++i) model->b.data()[i] = b[i] = 0.02 * i;
  for (int t = 1; t <= 6; ++t) {
    nn::init::normal_(x, random);
    nn::init::normal_(y, random);
    step(x, y);
    const double rate = std::pow(t, o.beta2_decay), sign = o.maximize ? -1 : 1;
    double g[all], v[all], mean = 0;
    for (int i = 0; i < all; ++i) g[i] = sign * x.data()[i];
    for (int r = 0; r < rows; ++r) {
      const double now = rms(g + r * columns, columns);
      row[r] += (now * now - row[r]) * rate;
      mean += row[r] / rows;
    }
    for (int c = 0; c < columns; ++c) {
      double now = 0;
      for (int r = 0; r < rows; ++r) now += g[r * columns + c] * g[r * columns + c] / rows;
      col[c] += (now - col[c]) * rate;
    }
    for (int i = 0; i < all; ++i) v[i] = row[i / columns] * col[i % columns] / std::fmax(mean, epsilon(o));
    apply_to(o, t, w, g, v, all);
    for (int i = 0; i < columns; ++i) {
      g[i] = sign * y(i);
      variance[i] += (g[i] * g[i] - variance[i]) * rate;
    }
    apply_to(o, t, b, g, variance, columns);
    for (int i = 0; i < all; ++i) worst = std::fmax(worst, std::fabs(w[i] - model->w.data()[i]));
    for (int i = 0; i < columns; ++i) worst = std::fmax(worst, std::fabs(b[i] - model->b.data()[i]));
  }
  CHECK(worst < 1e-13);
}

}  // namespace

TEST_CASE("adafactor") { check(Adafactor{}); }
TEST_CASE("adafactor with a large rate, decay and clipping") {
  check(Adafactor{.lr = 0.7, .beta2_decay = -0.3, .d = 1.5, .weight_decay = 0.1});
}
TEST_CASE("adafactor maximizing, with large epsilons") { check(Adafactor{.lr = 0.1, .eps = {0.9, 0.5}, .maximize = true}); }
