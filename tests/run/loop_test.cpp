#include <doctest/doctest.h>
#include <etch/etch.hpp>

#include <cmath>

using namespace etch;

namespace {

using H = Tensor<double, 2, 3>;
using X = Tensor<double, 4, 2, 3>;
using W = Tensor<double, 3, 3>;

/// The largest difference between the elements of two tensors.
template <class A, class B>
double difference(const A& a, const B& b) {
  double most = 0;
  for (int i = 0; i < a.numel(); ++i) most = std::fmax(most, std::fabs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  return most;
}

struct Cell {
  constexpr auto operator()(auto h, auto x, auto w) const {
    const auto next = tanh(matmul(h, w) + x) * sigmoid(x);
    return several(next, next * next);
  }
};

/// By a loop, and row by row.
constexpr auto looped = [](auto h, auto xs, auto w) {
  const auto r = scan(Cell{}, h, xs, w);
  return sum(r.template get<0>() * 2.0) + sum(r.template get<1>() * xs);
};
constexpr auto unrolled = [](auto h, auto xs, auto w) {
  const auto a = Cell{}(h, xs(0), w), b = Cell{}(a.template get<0>(), xs(1), w), c = Cell{}(b.template get<0>(), xs(2), w), d = Cell{}(c.template get<0>(), xs(3), w);
  return sum(d.template get<0>() * 2.0) + (sum(a.template get<1>() * xs(0)) + sum(b.template get<1>() * xs(1)) + sum(c.template get<1>() * xs(2)) + sum(d.template get<1>() * xs(3)));
};
constexpr auto backwards = [](auto h, auto xs, auto w) {
  const auto r = reverse_scan(Cell{}, h, xs, w);
  return sum(r.template get<0>() * 2.0) + sum(r.template get<1>() * xs);
};
constexpr auto flipped = [](auto h, auto xs, auto w) {
  const auto r = scan(Cell{}, h, flip<0>(xs), w);
  return sum(r.template get<0>() * 2.0) + sum(flip<0>(r.template get<1>()) * xs);
};

}  // namespace

TEST_CASE("A scan computes what its unrolled rows compute, with every gradient") {
  manual_seed(3);
  const H h = randn<double, 2, 3>();
  const X xs = randn<double, 4, 2, 3>();
  const W w = randn<double, 3, 3>();
  const auto a = value_and_grad<0, 1, 2>(looped)(h, xs, w), b = value_and_grad<0, 1, 2>(unrolled)(h, xs, w);
  CHECK(a.value.item() == doctest::Approx(b.value.item()).epsilon(1e-13));
  CHECK(difference(a.gradient.get<0>(), b.gradient.get<0>()) < 1e-13);
  CHECK(difference(a.gradient.get<1>(), b.gradient.get<1>()) < 1e-13);
  CHECK(difference(a.gradient.get<2>(), b.gradient.get<2>()) < 1e-13);
  CHECK(gradcheck(looped, h, xs, w));
}

TEST_CASE("A reversed scan is a scan of the flipped rows") {
  manual_seed(4);
  const H h = randn<double, 2, 3>();
  const X xs = randn<double, 4, 2, 3>();
  const W w = randn<double, 3, 3>();
  const auto a = value_and_grad<0, 1, 2>(backwards)(h, xs, w), b = value_and_grad<0, 1, 2>(flipped)(h, xs, w);
  CHECK(a.value.item() == doctest::Approx(b.value.item()).epsilon(1e-13));
  CHECK(difference(a.gradient.get<0>(), b.gradient.get<0>()) < 1e-13);
  CHECK(difference(a.gradient.get<1>(), b.gradient.get<1>()) < 1e-13);
  CHECK(difference(a.gradient.get<2>(), b.gradient.get<2>()) < 1e-13);
}

TEST_CASE("Several values are carried and scanned; a scan on tensors is one program") {
  const Tensor<float, 3> rows{1, 2, 3}, more{10, 20, 30};
  const auto [c, y] = scan([](auto carry, auto x, auto scale) {
    const auto [total, product] = carry;
    const auto [a, b] = x;
    const auto t = total + a * scale;
    return several(several(t, product * b), several(t, a + b));
  }, several(Tensor<float>(0.f), Tensor<float>(1.f)), several(rows, more), Tensor<float>(2.f));
  CHECK(c.get<0>().item() == 12.f);
  CHECK(c.get<1>().item() == 6000.f);
  CHECK(difference(y.get<0>(), Tensor<float, 3>{2, 6, 12}) == 0);
  CHECK(difference(y.get<1>(), Tensor<float, 3>{11, 22, 33}) == 0);
}

TEST_CASE("Rows that keep what was carried are where it is carried") {
  const Tensor<float, 5, 40> xs = randn<float, 5, 40>();
  const Tensor<float, 40> start = randn<float, 40>();
  const auto keeps = [](auto state, auto x) {
    const auto [a, b] = state;
    return several(several(b + x, a), several(a, a * x));  // and the two change places
  };
  const auto [last, rows] = scan(keeps, several(start, start), xs);
  const auto [back_last, back_rows] = reverse_scan(keeps, several(start, start), Tensor<float, 5, 40>(flip<0>(xs)));
  Tensor<float, 40> a = start, b = start;
  for (int i = 0; i < 5; ++i) {
    CHECK(difference(Tensor<float, 40>(rows.get<0>()(i)), a) == 0);
    CHECK(difference(Tensor<float, 40>(back_rows.get<0>()(4 - i)), a) == 0);
    CHECK(difference(Tensor<float, 40>(rows.get<1>()(i)), Tensor<float, 40>(a * xs(i))) == 0);
    const Tensor<float, 40> next = b + xs(i);
    b = a;
    a = next;
  }
  CHECK(difference(last.get<0>(), a) == 0);
  CHECK(difference(last.get<1>(), b) == 0);
  CHECK(difference(back_last.get<0>(), a) == 0);
}

TEST_CASE("Whole numbers are carried, scanned and constant beside floating ones") {
  const Tensor<std::int64_t, 4> index{2, 0, 1, 2};
  const Tensor<double, 3, 2> table{{1, 2}, {3, 4}, {5, 6}};
  const auto f = [](auto t, auto at) { return sum(scan([](auto c, auto i, auto from) { const auto n = c + embedding(i, from); return several(n, n); }, sum<0>(t), at, t).template get<1>()); };
  const Tensor<double, 3, 2> g = grad(f)(table, index);
  CHECK(difference(g, Tensor<double, 3, 2>{{7, 7}, {6, 6}, {9, 9}}) == 0);
}

TEST_CASE("The gradient of a scan has a gradient") {
  manual_seed(5);
  const H h = randn<double, 2, 3>();
  const X xs = randn<double, 4, 2, 3>();
  const W w = randn<double, 3, 3>();
  constexpr auto twice = [](auto h, auto xs, auto w) { const auto g = grad<2>(looped)(h, xs, w); return sum(g * g); };
  constexpr auto twice_unrolled = [](auto h, auto xs, auto w) { const auto g = grad<2>(unrolled)(h, xs, w); return sum(g * g); };
  CHECK(difference(H(grad<0>(twice)(h, xs, w)), H(grad<0>(twice_unrolled)(h, xs, w))) < 1e-11);
  CHECK(difference(X(grad<1>(twice)(h, xs, w)), X(grad<1>(twice_unrolled)(h, xs, w))) < 1e-11);
  CHECK(difference(W(grad<2>(twice)(h, xs, w)), W(grad<2>(twice_unrolled)(h, xs, w))) < 1e-11);
}

TEST_CASE("Scans nest") {
  manual_seed(6);
  const Tensor<double, 3, 4, 2> xs = randn<double, 3, 4, 2>();
  const Tensor<double, 2> start = randn<double, 2>();
  constexpr auto f = [](auto c, auto x) {
    return sum(scan([](auto outer, auto rows) {
      const auto r = scan([](auto inner, auto row) { const auto n = tanh(inner * row + row); return several(n, n); }, outer, rows);
      return several(r.template get<0>(), sum<0>(r.template get<1>()));
    }, c, x).template get<1>());
  };
  CHECK(gradcheck(f, start, xs));
}

TEST_CASE("Random numbers in a body differ from row to row and are the same when the gradient comes by") {
  manual_seed(7);
  const auto f = [](auto x) {
    const auto r = scan([](auto c, auto row) { const auto keep = rand_like(row); return several(c + sum(keep) * 0.f, row * keep); }, sum(x) * 0.f, x);
    return several(sum(r.template get<1>()), r.template get<1>());
  };
  const Tensor<float, 3, 64> x = ones<float, 3, 64>();
  const auto r = value_and_grad(f)(x);
  const auto& g = r.gradient;
  CHECK(difference(g, r.value.template get<1>()) == 0);
  CHECK(g.data()[0] != g.data()[64]);
}

namespace {
struct Squares {
  constexpr auto operator()(auto h, auto x, auto w) const {
    const auto next = matmul(h * h, w) * 0.5 + matmul(tanh(x), w);
    return several(next, next);
  }
};
}  // namespace

TEST_CASE("What a body computes for a product, whose gradient reads it once more") {
  manual_seed(4);
  const auto f = [](auto h, auto xs, auto w) { return sum(square(scan(Squares{}, h, xs, w).template get<1>())); };
  CHECK(gradcheck(f, H(randn<double, 2, 3>() * 0.5), X(randn<double, 4, 2, 3>()), W(randn<double, 3, 3>() * 0.5)));
}
