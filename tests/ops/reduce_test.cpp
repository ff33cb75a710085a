// Reductions over every subset of axes, of views, of each other, and those that share a pass.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {

template <int... Axis>
void every_kind(const F<3, 4, 2, 5>& x) {
  check([](auto a) { return results(sum<Axis...>(a), amax<Axis...>(a), amin<Axis...>(a), mean<Axis...>(a)); }, x);
  check([](auto a) { return a - mean_keepdim<Axis...>(exp(a)); }, x);
}
}  // namespace

TEST_CASE("over every subset of four axes") {
  const auto x = filled<F<3, 4, 2, 5>>();
  every_kind<>(x);
  every_kind<0>(x);
  every_kind<1>(x);
  every_kind<2>(x);
  every_kind<3>(x);
  every_kind<0, 1>(x);
  every_kind<0, 2>(x);
  every_kind<0, 3>(x);
  every_kind<1, 2>(x);
  every_kind<1, 3>(x);
  every_kind<2, 3>(x);
  every_kind<0, 1, 2>(x);
  every_kind<0, 1, 3>(x);
  every_kind<0, 2, 3>(x);
  every_kind<-1, -2, -3>(x);
  every_kind<0, 1, 2, 3>(x);
}

TEST_CASE_TEMPLATE("of every dtype", T, float, double, std::int64_t, std::int32_t) {
  const auto x = filled<Tensor<T, 7, 33>>(-9, 9);
  check([](auto a) { return results(sum(a), sum<0>(a), sum<1>(a), amax(a), amax<0>(a), amin<1>(a)); }, x);
  check([](auto a) { return results(prod<0>(a), prod<1>(a)); }, filled<Tensor<T, 3, 5>>(1, 4));
  check([](auto a) { return results(argmax<0>(a), argmax<1>(a), argmin<0>(a), argmin<-1>(a)); }, x);
}

TEST_CASE("of small integers and bools: sums are int64") {
  const Tensor<std::uint8_t, 3> bytes{{200, 100, 3}};  // in the dtype that is asked for they wrap around
  const Tensor total = sum<std::uint8_t, 0>(bytes), product = prod<std::uint8_t>(bytes);
  static_assert(std::is_same_v<decltype(total)::value_type, std::uint8_t> && std::is_same_v<decltype(sum(bytes))::value_type, std::int64_t>);
  CHECK((total.item() == (303 & 255) && product.item() == (60000 & 255)));
  const auto b = filled<Tensor<bool, 7, 33>>();
  const auto u = filled<Tensor<std::uint8_t, 7, 33>>(0, 255);
  check([](auto a) { return results(sum(a), sum<0>(a), sum<1>(a), amax<1>(a), amin<0>(a), amax(a)); }, b);
  check([](auto a) { return results(sum(a), sum<0>(a), sum<1>(a), amax<1>(a), amin<0>(a)); }, u);
  static_assert(std::is_same_v<decltype(sum(u))::value_type, std::int64_t> && std::is_same_v<decltype(amax(u))::value_type, std::uint8_t>);
}

TEST_CASE("of integers too large for a float") {
  Tensor<std::int64_t, 3> x{{9007199254740993, -5, 4611686018427387904}};
  CHECK(amax(x).item() == 4611686018427387904);
  CHECK(sum(x).item() == 9007199254740993 - 5 + 4611686018427387904);
  CHECK(amin(x).item() == -5);
}

TEST_CASE("of views") {
  const auto x = filled<F<6, 5, 4>>();
  check([](auto a) { return results(sum<0>(permute<1, 0, 2>(a)), sum<-1>(permute<0, 2, 1>(a)), amax<1>(permute<2, 0, 1>(a)), sum(permute<2, 1, 0>(a))); }, x);
  check([](auto a) { return results(sum<0>(slice<0, 1, 6, 2>(a)), sum<1>(slice<1, 1, 4>(a)), sum<2>(slice<2, 0, 4, 3>(a)), sum(slice<1, 0, 5, 4>(a))); }, x);
  check([](auto a) { return results(sum<1>(reshape<10, 12>(a)), sum<0>(reshape<3, 40>(permute<1, 0, 2>(a)))); }, x);
  check([](auto a) { return sum<0>(t(exp(reshape<30, 4>(a)))) + sum<1>(reshape<30, 4>(a)); }, x);
  check([](auto a) { return results(sum<0>(iota_like<1, float>(reshape<30, 4>(a)) + reshape<30, 4>(a)), sum<1>(iota_like<1, float>(reshape<30, 4>(a)))); }, x);
}

TEST_CASE("several over one input, and one over another") {
  const auto x = filled<F<7, 33>>();
  check([](auto a) { return results(sum<0>(a), sum<1>(a), sum(a), amax<0>(a), amin<1>(a), mean(a)); }, x);
  check([](auto a) { return results(sum<0>(sum<1>(a * a)), sum(sum<0>(a)), amax<0>(sum<1>(a)), sum<0>(amax<1>(a))); }, x);
  check([](auto a) { return sum<1>(exp(a - amax_keepdim<1>(a))) * sum<1>(a); }, x);
  check([](auto a) { return results(mean<1>(a), var<1>(a), var<0>(a), var(a)); }, x);
  check([](auto a) { return (a - mean_keepdim<1>(a)) * rsqrt(mean_keepdim<1>(square(a - mean_keepdim<1>(a))) + 1e-5); }, x);
  check([](auto a) { return a / sum_keepdim<0>(a * a) + a / sum_keepdim<1>(exp(a)); }, x);
}

TEST_CASE("softmax and its relatives over any axis") {
  const auto x = filled<F<3, 5, 7>>();
  check([](auto a) { return results(softmax<0>(a), softmax<1>(a), softmax<2>(a)); }, x);
  check([](auto a) { return results(log_softmax<0>(a), log_softmax<1>(a), log_softmax<-1>(a)); }, x);
  check([](auto a) { return results(logsumexp<0>(a), logsumexp<1>(a), logsumexp<2>(a), logsumexp<0, 2>(a)); }, x);
  check([](auto a) { return softmax<1>(t(a)); }, filled<F<9, 4>>());
  check([](auto a) { return softmax<0>(a * 1000); }, filled<F<100>>());  // does not overflow
  check([](auto a) { return results(softmax<1>(a), sum<1>(softmax<1>(a))); }, filled<F<5, 1>>());
  const double inf = std::numeric_limits<double>::infinity();
  check([](auto a) { return softmax<0>(a); }, Tensor<double, 4>{{0, -inf, 1, -inf}});
}

TEST_CASE("extrema of what is not a number") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  Tensor<double, 3, 3> x{{1, nan, 2}, {-inf, -inf, -inf}, {inf, 5, -inf}};
  check([](auto a) { return results(amax<1>(a), amin<1>(a), sum<1>(a), amax<0>(a), amin<0>(a)); }, x);
}

TEST_CASE("over rows, four of them at once and those that are left, of several types, with and without what is not a number") {
  auto f = [](auto a) { return results(sum<0>(a), amax<1>(a), prod<0>(a)); };
  auto extrema = [](auto a) { return amax<0>(a); };
  auto least = [](auto a) { return amin<0>(a); };
  auto squares = [](auto a) { return sum<0>((a - 1) * a); };
  auto x = filled<F<11, 21>>();
  check(f, x);
  check(squares, x);
  check(squares, filled<Tensor<double, 8, 5>>());
  check([](auto a) { return sum<0>(a); }, filled<F<3, 6, 9>>());
  check([](auto a) { return sum<1>(a); }, filled<Tensor<std::int32_t, 3, 6, 17>>());
  check(extrema, filled<Tensor<std::int64_t, 9, 3>>());
  for (int row = 0; row < 11; ++row) {  // one in each row, at one end or the other
    check(extrema, x);
    check(least, x);
    x(row, row % 2 == 0 ? row : 20 - row) = std::numeric_limits<float>::quiet_NaN();
    x(row, 9) = row % 2 == 0 ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
  }
  check(extrema, x);
  check(least, x);
  check(least, Tensor<double, 4, 2>{{1, 2}, {3, std::numeric_limits<double>::quiet_NaN()}, {0, 1}, {-1, 5}});
}

TEST_CASE("argmax takes the first of equals") {
  Tensor<float, 2, 5> x{{1, 3, 3, 2, 3}, {0, 0, 0, 0, 0}};
  const Tensor i = argmax<1>(x), j = argmin<1>(x);
  CHECK(i(0) == 1);
  CHECK(i(1) == 0);
  CHECK(j(0) == 0);
  check([](auto a) { return results(argmax<0>(a), argmax<1>(a), argmax<2>(a), argmin<1>(a)); }, filled<F<4, 5, 6>>());
  check([](auto a) { return argmax<1>(t(a)); }, filled<F<4, 9>>());
}

TEST_CASE("sizes around a vector") {
  auto f = [](auto a) { return results(sum<1>(a), sum<0>(a), amax<1>(a), prod<1>(a * 0.5), softmax<1>(a)); };
  check(f, filled<F<1, 1>>());
  check(f, filled<F<3, 1>>());
  check(f, filled<F<1, 3>>());
  check(f, filled<F<2, 16>>());
  check(f, filled<F<2, 17>>());
  check(f, filled<F<33, 15>>());
  check(f, filled<F<2, 100>>());
}

TEST_CASE("what plans look like") {
  using X = Tensor<float, 64, 32>;
  auto softmax_of = [](auto a) { return softmax<1>(a); };
  static_assert(Compiled<test::FunctionSpec<decltype(softmax_of), X>>::plan.steps == 1);
  auto twenty = [](auto a) {
    auto y = a;
    for (int i = 0; i < 6; ++i) y = tanh(y * 0.5 + 1) - y;
    return sum(y);
  };
  static_assert(Compiled<test::FunctionSpec<decltype(twenty), X>>::plan.steps == 1);
  check(twenty, filled<X>());
  auto normalised = [](auto a) { return (a - mean_keepdim<1>(a)) * rsqrt(var<1, keepdim, correction<0>>(a) + 1e-5); };
  static_assert(Compiled<test::FunctionSpec<decltype(normalised), X>>::plan.steps == 1);
  check(normalised, filled<X>());
}
