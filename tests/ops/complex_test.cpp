// Complex tensors against std::complex: values on both sides of every branch cut, gradients by differences.
#include <program.hpp>

#include <etch/print.hpp>

#include <cmath>
#include <complex>
#include <sstream>

using namespace etch;
using C = complex<double>;
using S = std::complex<double>;

namespace {

/// Points in all quadrants, on both sides of the axes' cuts, inside and outside of the unit circle; not on a branch point.
const Tensor<C, 20> points{{0.3, 0.4},   {-0.7, 0.2},  {-1.6, -0.9}, {0.8, -2.1},  {1.3, 1.1},   {-0.2, 1.7},  {2.5, -0.3},  {-2.2, 0.6},  {0.05, -0.04}, {-0.03, 0.6},
                           {1.5, 1e-9},  {1.5, -1e-9}, {-1.5, 1e-9}, {-1.5, -1e-9}, {1e-9, 1.5}, {-1e-9, 1.5}, {1e-9, -1.5}, {-1e-9, -1.5}, {0.4, 1e-9},   {-0.4, -1e-9}};

S to_std(C z) { return {z.re, z.im}; }
bool near(S a, S b, double tolerance) { return std::abs(a - b) <= tolerance * (1 + std::abs(b)); }

/// f on tensors is g on numbers, and its gradient the difference quotient of g: for L = Re(conj(w) f(z)) it is conj(f') w.
template <class F, class G>
void agrees(const char* name, F f, G g) {
  CAPTURE(name);
  auto [value, gradient] = value_and_grad([](auto z) {
    const auto y = F{}(z);
    return sum(real(y) * 0.75 - imag(y) * 1.25);
  })(points);
  const Tensor<C, 20> y = f(points);
  for (int i = 0; i < 20; ++i) {
    CAPTURE(i);
    const S z = to_std(points(i)), h = 1e-6 * (std::abs(z.imag()) < 1e-6 ? S(1, 0) : std::abs(z.real()) < 1e-6 ? S(0, 1) : S(1, 1));
    const S slope = (g(z + h) - g(z - h)) / (2.0 * h);
    CHECK(near(to_std(y(i)), g(z), 1e-12));
    CHECK(near(to_std(gradient(i)), std::conj(slope) * S(0.75, -1.25), 2e-7));
  }
}
#define AGREES(name, expression) agrees(#name, [](auto z) { return name(z); }, [](S z) -> S { return expression; })

}  // namespace

TEST_CASE("logsumexp and the gradient of samples, of complex numbers") {
  const Tensor<complex128, 2> x{complex128(1, 2), complex128(-0.5, 0.25)};
  const C y = Tensor<C>(logsumexp<0>(x)).item();
  const double re = std::exp(1) * std::cos(2) + std::exp(-0.5) * std::cos(0.25), im = std::exp(1) * std::sin(2) + std::exp(-0.5) * std::sin(0.25);
  CHECK(y.real() == doctest::Approx(std::log(std::hypot(re, im))));
  CHECK(y.imag() == doctest::Approx(std::atan2(im, re)));
  const Tensor d = gradient<0>(x);
  CHECK(d(0).real() == doctest::Approx(-1.5));
  CHECK(d(1).imag() == doctest::Approx(-1.75));
}
TEST_CASE("tan and atanh beside their poles: in float as in double, gradients too") {
  const auto f = [](auto x) { return sum(real(tan(x))) + sum(imag(atanh(x * 0.25))) + sum(real(atanh(x * 0.25))); };
  const Tensor<complex64, 3> x{complex64(1.5711297f, 3.68f), complex64(-3.9678833f, -0.096417f), complex64(0.f, 0.5f)};
  const Tensor<complex128, 3> y = to<complex128>(x);
  const Tensor a = grad(f)(x);
  const Tensor b = grad(f)(y);
  for (int i = 0; i < 3; ++i) {
    CHECK(a(i).real() == doctest::Approx(b(i).real()).epsilon(1e-5));
    CHECK(a(i).imag() == doctest::Approx(b(i).imag()).epsilon(1e-5));
  }
}
TEST_CASE("logaddexp and closeness of complex numbers") {
  const Tensor<C, 2> x{C(1, 2), C(-3, 0.5)}, y{C(-0.5, 0.25), C(2, -1)};
  const Tensor z = logaddexp(x, y);
  for (int i = 0; i < 2; ++i) {
    const S want = std::log(std::exp(S(x(i).real(), x(i).imag())) + std::exp(S(y(i).real(), y(i).imag())));
    CHECK(z(i).real() == doctest::Approx(want.real()));
    CHECK(z(i).imag() == doctest::Approx(want.imag()));
  }
  CHECK(Tensor(allclose(x, x + 1e-9)).item());
  CHECK_FALSE(Tensor(allclose(x, x + C(0, 1))).item());
}
TEST_CASE("elementary functions agree with std::complex, and their gradients with differences") {
  AGREES(exp, std::exp(z));
  AGREES(log, std::log(z));
  AGREES(sqrt, std::sqrt(z));
  AGREES(sin, std::sin(z));
  AGREES(cos, std::cos(z));
  AGREES(tan, std::tan(z));
  AGREES(sinh, std::sinh(z));
  AGREES(cosh, std::cosh(z));
  AGREES(tanh, std::tanh(z));
}

TEST_CASE("inverse functions agree with std::complex, and their gradients with differences") {
  AGREES(asin, std::asin(z));
  AGREES(acos, std::acos(z));
  AGREES(atan, std::atan(z));
  AGREES(asinh, std::asinh(z));
  AGREES(acosh, std::acosh(z));
  AGREES(atanh, std::atanh(z));
}

TEST_CASE("what is composed of them agrees too") {
  AGREES(log2, std::log(z) / std::log(2.0));
  AGREES(log10, std::log10(z));
  AGREES(log1p, std::log(1.0 + z));
  AGREES(exp2, std::pow(2.0, z));
  AGREES(expm1, std::exp(z) - 1.0);
  AGREES(reciprocal, 1.0 / z);
  AGREES(rsqrt, 1.0 / std::sqrt(z));
  AGREES(square, z * z);
  AGREES(sigmoid, 1.0 / (1.0 + std::exp(-z)));
}

TEST_CASE("the sign of a zero chooses the side of a branch cut") {
  const double axis[] = {-2, -0.5, 0.5, 2};
  Tensor<C, 16> z;
  for (int i = 0; i < 4; ++i)
    for (int side = 0; side < 2; ++side) {
      const double zero = side == 0 ? 0.0 : -0.0;
      z(4 * i + side) = C(axis[i], zero);
      z(4 * i + 2 + side) = C(zero, axis[i]);
    }
  auto check = [&](const char* name, const Tensor<C, 16>& got, S (*want)(const S&)) {
    CAPTURE(name);
    for (int i = 0; i < 16; ++i) {
      CAPTURE(i);
      CHECK(near(to_std(got(i)), want(to_std(z(i))), 1e-12));
    }
  };
  check("sqrt", sqrt(z), std::sqrt);
  check("log", log(z), std::log);
  check("asin", asin(z), std::asin);
  check("acos", acos(z), std::acos);
  check("atan", atan(z), std::atan);
  check("asinh", asinh(z), std::asinh);
  check("acosh", acosh(z), std::acosh);
  check("atanh", atanh(z), std::atanh);
}

TEST_CASE("large and small numbers neither overflow nor vanish") {
  const Tensor<complex<float>, 3> z{{3e30f, -4e30f}, {3e-30f, 4e-30f}, {0, 0}};
  const Tensor<float, 3> size = abs(z);
  CHECK(size(0) == doctest::Approx(5e30));
  CHECK(size(1) == doctest::Approx(5e-30));
  CHECK(size(2) == 0.f);
  const Tensor<complex<float>, 3> one = z / z, direction = sgn(z), root = sqrt(z);
  CHECK(one(0).re == doctest::Approx(1));
  CHECK(one(1).im == doctest::Approx(0));
  CHECK(direction(1).im == doctest::Approx(0.8));
  CHECK(direction(2) == complex<float>(0));
  CHECK(root(0).re == doctest::Approx(2e15));
  CHECK(root(1).im == doctest::Approx(1e-15));
  CHECK(root(2) == complex<float>(0));
  auto [value, gradient] = value_and_grad([](auto x) { return sum(abs(x)) + sum(angle(x)); })(z);
  CHECK(gradient(2) == complex<float>(0));
  CHECK(gradient(0).im == doctest::Approx(-0.8));
  const Tensor<C, 3> curved = grad([](auto x) { return sum(real(grad([](auto y) { return sum(abs(y)); })(x))); })(Tensor<C, 3>{{3, 4}, {0, 0}, {2, 0}});
  CHECK(near(to_std(curved(0)), S(0.128, -0.096), 1e-14));
  CHECK(curved(1) == C(0));  // where the gradient is 0 it stays so
  CHECK(curved(2) == C(0));
}

TEST_CASE("arithmetic of tensors and numbers") {
  const Tensor<C, 2, 2> a{{{1, 2}, {3, -1}}, {{0.5, 1}, {-2, 0.25}}}, b{{{0.3, -1}, {2, 2}}, {{-1, 1.5}, {4, -0.5}}};
  const Tensor<double, 2> r{2, -3};
  const auto [sum_, difference, product, quotient, power, mixed, times, over] =
      eval(a + b, a - b, a * b, a / b, pow(a, b), r - a, a * C(0, 1), 2.0 / a);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      const S x = to_std(a(i, j)), y = to_std(b(i, j));
      CHECK(near(to_std(sum_(i, j)), x + y, 1e-14));
      CHECK(near(to_std(difference(i, j)), x - y, 1e-14));
      CHECK(near(to_std(product(i, j)), x * y, 1e-14));
      CHECK(near(to_std(quotient(i, j)), x / y, 1e-14));
      CHECK(near(to_std(power(i, j)), std::pow(x, y), 1e-13));
      CHECK(near(to_std(mixed(i, j)), r(j) - x, 1e-14));
      CHECK(near(to_std(times(i, j)), x * S(0, 1), 1e-14));
      CHECK(near(to_std(over(i, j)), 2.0 / x, 1e-14));
    }
  const Tensor<bool, 2, 2> same = a == a, other = a != b;
  CHECK((same(0, 0) && same(1, 1)));
  CHECK((other(0, 0) && other(1, 1)));
  static_assert(std::is_same_v<decltype(Tensor<float, 2>{} * complex<float>(0, 1))::value_type, complex<float>>);
  static_assert(std::is_same_v<decltype(Tensor<double, 2>{} * complex<float>(0, 1))::value_type, complex<double>>);
  static_assert(std::is_same_v<decltype(abs(a))::value_type, double>);
}

TEST_CASE("0 to a power is 0, to the power 0 it is 1, and no gradient is lost in between") {
  const Tensor<C, 2> z{{0, 0}, {0, 2}}, w{{2, 1}, {0, 0}};
  const Tensor<C, 2> p = pow(z, w), q = pow(z, Tensor<C, 2>{{0, 0}, {2, 1}});
  CHECK(p(0) == C(0));
  CHECK(p(1) == C(1));
  CHECK(q(0) == C(1));
}

TEST_CASE("parts, and views of them") {
  const Tensor<double, 2, 1> re{{1}, {2}};
  const Tensor<double, 3> im{3, 4, 5};
  const Tensor<C, 2, 3> z = complex(re, im);
  CHECK(z(1, 2) == C(2, 5));
  const Tensor<double, 2, 3, 2> pairs = view_as_real(z);
  CHECK(pairs(1, 0, 0) == 2);
  CHECK(pairs(1, 0, 1) == 3);
  const Tensor<C, 2, 3> back = view_as_complex(pairs);
  CHECK(back(0, 2) == C(1, 5));
  const Tensor<double, 2, 3> imaginary = imag(z), real_part = real(z);
  CHECK(imaginary(0, 1) == 4);
  CHECK(real_part(1, 1) == 2);
  const Tensor<C, 3, 2> h = adjoint(z);
  CHECK(h(2, 1) == C(2, -5));
  const Tensor<C, 1> unit = polar(Tensor<double, 1>{2}, Tensor<double, 1>{0.5});
  CHECK(near(to_std(unit(0)), std::polar(2.0, 0.5), 1e-15));
  const Tensor<bool, 2> is = isreal(Tensor<C, 2>{{1, 0}, {1, 1}});
  CHECK(is(0));
  CHECK(!is(1));
  const Tensor<float, 3> side = angle(Tensor<float, 3>{-1, 0, 2});
  CHECK(side(0) == doctest::Approx(3.14159265));
  CHECK(side(1) == 0.f);
}

TEST_CASE("moving elements moves both parts") {
  const Tensor<C, 2, 3> z{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}};
  const auto [a, b, c, d, e, f] = eval(slice<0, 1, 3>(t(z)), cat<1>(z, reshape<2, 3>(z)), stack<0>(z, conj(z)), where(real(z) > 4, z, 0), expand<2, 2, 3>(z), z(every, 1));
  CHECK(a(1, 1) == C(11, 12));
  CHECK(b(1, 5) == C(11, 12));
  CHECK(c(1, 0, 1) == C(3, -4));
  CHECK(d(0, 0) == C(0));
  CHECK(d(0, 2) == C(5, 6));
  CHECK(e(1, 1, 0) == C(7, 8));
  CHECK(f(1) == C(9, 10));
  const Tensor<std::int64_t, 3> index{1, 0, 1};
  auto [value, gradient] = value_and_grad([](auto w, auto i) { return sum(view_as_real(embedding(i, w))); })(z, index);
  CHECK(value.item() == 2 * 57 + 21);
  CHECK(gradient(1, 2) == C(2, 2));
  CHECK(gradient(0, 0) == C(1, 1));
}

TEST_CASE("reductions and products") {
  const Tensor<C, 2, 3> z{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}};
  const auto [s, m, p, v, q] = eval(sum<0>(z), mean<1>(z), prod<1>(z), var<1>(z), matmul(z, t(z)));
  CHECK(s(1) == C(12, 14));
  CHECK(m(0) == C(3, 4));
  CHECK(near(to_std(p(1)), S(7, 8) * S(9, 10) * S(11, 12), 1e-14));
  CHECK(v(0) == 8.0);  // of both parts together
  CHECK(near(to_std(q(0, 1)), S(1, 2) * S(7, 8) + S(3, 4) * S(9, 10) + S(5, 6) * S(11, 12), 1e-14));
  const Tensor<C, 2, 3> w = z;
  auto [value, gradient] = value_and_grad([](auto x, auto y) { return sum(imag(matmul(x, transpose<0, 1>(y)))); })(z, w);
  CHECK(near(to_std(gradient(0, 0)), S(10, 8), 1e-14));  // d Im(x y) = (Im y, Re y), summed over the rows of y
}

TEST_CASE("a Var collects the gradient of both parts") {
  Var<C, 2> w(Tensor<C, 2>{{1, 2}, {3, -1}});
  backward(sum(real(w * w)));
  CHECK(w.grad()(0) == C(2, -4));
  backward(sum(square(abs(w))));
  CHECK(w.grad()(1) == C(12, 0));
  const Tensor<C, 2> h = grad([](auto x) { return sum(abs(grad([](auto y) { return sum(real(y * y * y)); })(x))); })(Tensor<C, 2>{{1, 0}, {0, 2}});
  CHECK(near(to_std(h(0)), S(6, 0), 1e-14));  // |3 z^2| has the gradient 6 z
  CHECK(near(to_std(h(1)), S(0, 12), 1e-14));
}

TEST_CASE("complex numbers convert from and to std::complex, and print as PyTorch's") {
  const S s(1, -2);
  const C c = s;
  const S back = c;
  CHECK(back == s);
  const complex<float> f(S(0.5, 1));
  CHECK(f.im == 1.f);
  std::ostringstream out;
  out << Tensor<complex<float>, 2>{{1, 2.5f}, {-0.25f, -1}};
  CHECK(out.str() == "tensor([ 1.0000+2.5000j, -0.2500-1.0000j])");
}

TEST_CASE("elements named by an index, running sums and mixed precision") {
  const Tensor<C, 2, 3> z{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}};
  const Tensor<std::int64_t, 2, 1> index{{2}, {0}};
  auto [value, gradient] = value_and_grad([](auto x, auto i) { return sum(imag(gather<1>(x, i)) * 2 + real(cumsum<1>(x))); })(z, index);
  CHECK(value.item() == 3 * 2 * (6 + 8) + (1 + 4 + 9 + 7 + 16 + 27));  // three columns
  CHECK(gradient(0, 2) == C(1, 6));
  CHECK(gradient(1, 0) == C(3, 6));
  const Tensor<C, 2, 3> put = scatter_add<1>(z, index, Tensor<C, 2, 1>{{{1, -1}}, {{0, 1}}});
  CHECK(put(0, 2) == C(6, 5));
  CHECK(put(1, 0) == C(7, 9));
  const Tensor<bfloat16, 1> a{3};
  const Tensor<float, 1> x{1}, b{0.7f};
  CHECK(Tensor<float, 1>(addcdiv(x, a, b, -3.14f))(0) == doctest::Approx(1 - 3.14 * 3 / 0.7).epsilon(1e-6));  // in float throughout
  CHECK(isfinite(complex<float>(1, 1) * x).item());
  CHECK(isinf(x * complex<float>(0, HUGE_VALF)).item());
}
