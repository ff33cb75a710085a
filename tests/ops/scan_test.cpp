// Scans along every axis: values against their definitions, gradients against differences, zeros, infinities and NaN.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
struct Batch : dyn<9> {};
inline constexpr Batch batch{};
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEST_CASE("along every axis, of several sizes") {
  auto f = [](auto a) {
    return results(cumsum<0>(a), cumsum<1>(a), cumsum<-1>(a), cumprod<0>(a), cumprod<2>(a), logcumsumexp<1>(a), logcumsumexp<2>(a), cummax<0>(a).values, cummax<1>(a).indices, cummin<2>(a).values, cummin<1>(a).indices);
  };
  check(f, filled<F<3, 4, 5>>());
  check(f, filled<F<2, 33, 17>>(-0.5, 0.5));
  check(f, filled<F<1, 1, 40>>());
  check([](auto a) { return results(cumsum<0>(a), cumsum<1>(a), cumsum<1>(t(a)), cumprod<0>(exp(a) * 0.1)); }, filled<G<21, 5>>());
  check([](auto a) { return results(cumsum<0>(a), cummax<0>(a).indices, logcumsumexp<0>(a)); }, filled<F<1000>>());
}

TEST_CASE("of integers and bools: sums and products are int64") {
  const Tensor bytes = cumsum<std::uint8_t, 0>(Tensor<std::uint8_t, 3>{{200, 100, 3}});
  static_assert(std::is_same_v<decltype(bytes)::value_type, std::uint8_t>);
  CHECK((bytes(0) == 200 && bytes(1) == 44 && bytes(2) == 47));
  check([](auto a) { return results(cumsum<0>(a), cumprod<1>(a), cummax<0>(a).values, cummin<1>(a).indices, logcumsumexp<0>(a)); }, filled<Tensor<std::int32_t, 4, 5>>(-3, 3));
  check([](auto a) { return results(cumsum<0>(a), cumprod<1>(a), cummax<0>(a).values, cummin<1>(a).indices); }, filled<Tensor<bool, 4, 5>>());
  const Tensor<std::uint8_t, 3> x{{200, 100, 3}};
  const Tensor y = cumsum<0>(x);
  const Tensor z = cumsum<double, 0>(x);
  static_assert(std::is_same_v<decltype(y)::value_type, std::int64_t> && std::is_same_v<decltype(z)::value_type, double>);
  CHECK(y(2) == 303);
}

TEST_CASE("numbers, nothing, and bounded dims") {
  CHECK(cumsum<0>(Tensor<float>(3.f)).item() == 3);
  CHECK(cummax<-1>(Tensor<float>(3.f)).indices.item() == 0);
  check([](auto a) { return results(cumsum<0>(a), cummax<0>(a).values); }, F<0, 3>{});
  for (int n : {1, 4, 9}) {
    Tensor<double, batch, 6> x(n);
    test::fill(x);
    check([](auto a) { return results(cumsum<0>(a), cumprod<1>(a), cummax<0>(a).values, logcumsumexp<0>(a)); }, x);
  }
}

TEST_CASE("what is not a number stays, and extrema name the last of equals") {
  const Tensor<double, 6> x{{1, 3, 3, not_a_number, 5, not_a_number}};
  const auto [v, i] = cummax<0>(x);
  const Tensor index = i;
  const Tensor value = v;
  const int expected[] = {0, 1, 2, 3, 3, 5};
  for (int k = 0; k < 6; ++k) CHECK(index(k) == expected[k]);
  CHECK(std::isnan(value(4)));
  check([](auto a) { return results(cumsum<0>(a), cumprod<0>(a), logcumsumexp<0>(a), cummin<0>(a).indices); }, x);
  check([](auto a) { return logcumsumexp<0>(a); }, Tensor<double, 5>{{-inf, -inf, 2, inf, 1}});
}

TEST_CASE("float sums accumulate in double") {
  F<20000> x;
  for (int i = 0; i < 20000; ++i) x.data()[i] = 0.1f;
  const Tensor y = cumsum<0>(x);
  CHECK(y(19999) == static_cast<float>(20000 * static_cast<double>(0.1f)));
}

TEST_CASE("gradients") {
  const auto x = filled<G<3, 4, 2>>();
  check_gradient([](auto a) { return cumsum<1>(a) * cumprod<0>(a); }, x);
  check_gradient([](auto a) { return logcumsumexp<1>(a) + logcumsumexp<2>(a * 3); }, x);
  check_gradient([](auto a) { return cummax<1>(a).values * cummin<0>(a).values; }, x);
  check_gradient([](auto a) { return cumprod<0>(a); }, G<5>{{1, 0, 2, 0, 3}});
  check_gradient([](auto a) { return cumprod<0>(a); }, G<4>{{0, 3, 2, 5}});
}

TEST_CASE("gradients of gradients") {
  check_gradient([](auto a) { return grad([](auto y) { return sum(cumprod<0>(y) * logcumsumexp<0>(y)) + sum(cumsum<0>(y) * cumsum<0>(y)); })(a); }, filled<G<5>>());
  check_gradient([](auto a) { return grad([](auto y) { return sum(cumprod<0>(y)); })(a); }, G<4>{{1, 0, 2, 5}});
}

TEST_CASE("columns side by side, more and fewer than a block of them, and rows where a new extremum is rare") {
  const auto x = filled<F<9, 2067>>();
  const Tensor y = cumsum<0>(x);
  const Tensor z = cumprod<0>(Tensor<std::int64_t, 3, 75>(full<std::int64_t, 3, 75>(3)));
  for (int c = 0; c < 2067; ++c) {
    double sum = 0;
    for (int r = 0; r < 9; ++r) {
      sum += x(r, c);
      CHECK(y(r, c) == static_cast<float>(sum));
    }
  }
  for (int c = 0; c < 75; ++c) CHECK(z(2, c) == 27);
  F<5, 60> rare;
  for (int k = 0; k < 300; ++k) rare.data()[k] = static_cast<float>(k * 37 % 60 - k % 7);
  for (int c = 10; c < 60; c += 9) rare(1, c) = rare(1, 3);  // equals: the last of them
  rare(2, 0) = 1000;                                        // nothing after it
  rare(3, 41) = std::numeric_limits<float>::quiet_NaN();
  rare(4, 0) = std::numeric_limits<float>::quiet_NaN();
  rare(4, 30) = std::numeric_limits<float>::quiet_NaN();
  const auto [largest, at] = eval(cummax<1>(rare));
  const auto [least, where_least] = eval(cummin<1>(rare));
  for (int r = 0; r < 5; ++r) {
    int high = 0, low = 0;
    for (int c = 0; c < 60; ++c) {
      const float v = rare(r, c);
      if (v != v || v >= rare(r, high)) high = c;
      if (v != v || v <= rare(r, low)) low = c;
      CHECK(at(r, c) == high);
      CHECK(where_least(r, c) == low);
      CHECK(std::memcmp(&largest(r, c), &rare(r, high), 4) == 0);
      CHECK(std::memcmp(&least(r, c), &rare(r, low), 4) == 0);
    }
  }
}

TEST_CASE("a running extremum and where it stands are one scan") {
  auto both = [](auto a) { return results(cummax<1>(a).values, cummax<1>(a).indices); };
  auto value = [](auto a) { return cummin<0>(a).values * 2; };
  auto twice = [](auto a) { return results(cummax<0>(a).values, gather<0>(a * 2, cummax<0>(a).indices), cummin<0>(a).values); };
  static_assert(Code<decltype(both), F<5, 60>>::plan.steps == 1);
  static_assert(Code<decltype(value), F<5, 60>>::plan.steps == 2);
  check(both, filled<F<5, 60>>());
  check(both, filled<Tensor<half, 5, 60>>());
  check(both, filled<Tensor<std::uint8_t, 3, 21>>(0, 9));
  check(value, filled<F<5, 60>>());
  check(twice, filled<G<40, 9>>());
  check([](auto a) { return cummax<1>(t(a)).values; }, filled<F<9, 12>>());  // of a copy
}

TEST_CASE("of complex numbers, PyTorch's values") {
  using C = etch::complex<double>;
  const Tensor<C, 5> x{{C(1, 2), C(0.5, -1), C(0, -0.5), C(0, 0), C(2, 5)}};
  const Tensor p = cumprod<0>(x);
  const Tensor l = logcumsumexp<0>(x);
  const double products[5][2] = {{1, 2}, {2.5, 0}, {0, -1.25}, {0, 0}, {0, 0}};
  const double logs[5][2] = {{1, 2}, {0.10499301432446873, 1.7889591478473275}, {-0.1294043850206416, 0.7594518713330853}, {0.55697089421077, 0.35394530293271315}, {2.0120930202612985, 5.235016059788141}};
  for (int i = 0; i < 5; ++i) {
    CHECK(p(i).real() == doctest::Approx(products[i][0]));
    CHECK(p(i).imag() == doctest::Approx(products[i][1]));
    CHECK(l(i).real() == doctest::Approx(logs[i][0]));
    CHECK(l(i).imag() == doctest::Approx(logs[i][1]));
  }
  const Tensor long_one = logcumsumexp<1>(zeros<C, 2, 40>());
  CHECK(long_one(1, 39).real() == doctest::Approx(std::log(40.0)));
  auto parts = [](auto re, auto im) {
    const auto z = complex(re, im);
    return sum(square(real(cumprod<0>(z)) - 1)) + sum(imag(logcumsumexp<0>(z)) * re);
  };
  check_gradient(parts, G<4>{{0.5, -1, 0, 0.3}}, G<4>{{-1, 0.2, 0, 0.7}});
}

TEST_CASE("many threads change nothing") {
  const auto x = filled<F<300, 700>>();
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Tensor one = cumsum<1>(x) + cumsum<0>(x);
  cpu::set_num_threads(3);
  const Tensor three = cumsum<1>(x) + cumsum<0>(x);
  cpu::set_num_threads(before);
  CHECK(std::memcmp(one.data(), three.data(), static_cast<std::size_t>(one.numel()) * sizeof(float)) == 0);
}
