// Half numbers in every kind of kernel, and the promotion of what stands in one expression.
#include <program.hpp>

#include <etch/print.hpp>

#include <sstream>

using namespace etch;

namespace {
template <class T, auto... D>
Tensor<float, D...> floats(const Tensor<T, D...>& x) {
  Tensor<float, D...> r;
  for (std::int64_t i = 0; i < x.numel(); ++i) r.data()[i] = static_cast<float>(x.data()[i]);
  return r;
}
template <class T, auto... D>
Tensor<T, D...> numbers(double from, double step) {
  Tensor<T, D...> r;
  for (std::int64_t i = 0; i < r.numel(); ++i) r.data()[i] = static_cast<float>(from + step * static_cast<double>(i % 23));
  return r;
}
/// Whether every element of `got` is the one of `want` after rounding to T.
template <class T, auto... D>
bool rounded(const Tensor<T, D...>& got, const Tensor<float, D...>& want) {
  bool good = true;
  for (std::int64_t i = 0; i < got.numel(); ++i) good = good && got.data()[i].bits == T(want.data()[i]).bits;
  return good;
}
}  // namespace

TEST_CASE_TEMPLATE("half numbers are computed in float and rounded when stored", T, half, bfloat16) {
  const auto x = numbers<T, 5, 19>(-1.7, 0.31), y = numbers<T, 5, 19>(0.4, 0.27);
  const auto fx = floats(x), fy = floats(y);
  CHECK(rounded(Tensor<T, 5, 19>(x * y - x), Tensor<float, 5, 19>(fx * fy - fx)));
  CHECK(rounded(Tensor<T, 19, 5>(t(x) * 1.5f), Tensor<float, 19, 5>(t(fx) * 1.5f)));
  CHECK(rounded(Tensor<T, 5>(sum<1>(x)), Tensor<float, 5>(sum<1>(fx))));
  CHECK(rounded(Tensor<T, 19>(sum<0>(x)), Tensor<float, 19>(sum<0>(fx))));
  CHECK(rounded(Tensor<T, 5>(mean<1>(x)), Tensor<float, 5>(mean<1>(fx))));
  CHECK(rounded(Tensor<T, 5>(var<1>(x)), Tensor<float, 5>(var<1>(fx))));
  CHECK(rounded(Tensor<T, 5>(amax<1>(x)), Tensor<float, 5>(amax<1>(fx))));
  CHECK(rounded(Tensor<T, 5, 5>(matmul(x, t(y))), Tensor<float, 5, 5>(matmul(fx, t(fy)))));
  CHECK(rounded(Tensor<T, 10, 19>(cat<0>(x, y)), Tensor<float, 10, 19>(cat<0>(fx, fy))));
}

TEST_CASE("a sum of halves does not stop where a half cannot count on, and a mean does not overflow") {
  const Tensor<half, 8192> ones_ = full<half, 8192>(1);
  CHECK(static_cast<float>(sum(ones_).item()) == 8192.f);
  const Tensor<half, 512> large = full<half, 512>(60000);
  CHECK(static_cast<float>(mean(large).item()) == 60000.f);
}

TEST_CASE("a cast to half rounds inside a kernel") {
  const Tensor<float, 3> x{1.f + 0x1p-11f, 1.f + 0x3p-11f, 70000.f};
  const Tensor<float, 3> y = to<float>(to<half>(x)), z = to<float>(to<bfloat16>(x));
  CHECK(y(0) == 1.f);
  CHECK(y(1) == 1.f + 0x1p-9f);
  CHECK(y(2) == HUGE_VALF);
  CHECK(z(1) == 1.f);
  CHECK(static_cast<float>(Tensor<half, 2>(ones_like(Tensor<half, 2>{}) * 0.1f)(0)) == 0.0999755859375f);
}

TEST_CASE("gradients of halves are halves") {
  const Tensor<half, 3> x{0.5, -1, 2};
  auto [value, gradient] = value_and_grad([](auto v) { return sum(v * v * 3); })(x);
  static_assert(std::is_same_v<decltype(gradient), Tensor<half, 3>>);
  CHECK(static_cast<float>(value.item()) == 15.75f);
  CHECK(static_cast<float>(gradient(1)) == -6.f);
  Var<bfloat16, 3> w(Tensor<bfloat16, 3>{1, 2, 3});
  backward(sum(w * w));
  backward(sum(w));
  CHECK(static_cast<float>(w.grad()(2)) == 7.f);
}

TEST_CASE("lookup and random numbers") {
  const Tensor<half, 3, 2> table{{1, 2}, {3, 4}, {5, 6}};
  const Tensor<std::int64_t, 2> index{2, 2};
  auto [value, gradient] = value_and_grad([](auto w, auto i) { return sum(embedding(i, w)); })(table, index);
  CHECK(static_cast<float>(value.item()) == 22.f);
  CHECK(static_cast<float>(gradient(2, 1)) == 2.f);
  const auto u = rand<bfloat16, 4000>(Generator{1});
  const auto in_program = compile<Tensor<bfloat16, 4000>>([](auto x) { return rand_like(x); })(u);
  CHECK(static_cast<float>(amax(u).item()) == 1.f - 0x1p-8f);
  CHECK(static_cast<float>(amax(in_program).item()) == 1.f - 0x1p-8f);
  CHECK(static_cast<float>(amin(u).item()) == 0.f);
}

TEST_CASE("expressions promote as PyTorch's") {
  const Tensor<half, 2> h;
  const Tensor<bfloat16, 2> b;
  const Tensor<float, 2> f;
  const Tensor<double, 2> d;
  const Tensor<double> d0;
  const Tensor<float> f0;
  const Tensor<std::int32_t, 2> i;
  const Tensor<std::int64_t> i0;
  CHECK(result_type(h, b) == DType::float32);
  CHECK(result_type(f, d) == DType::float64);
  CHECK(result_type(f, d0) == DType::float32);
  CHECK(result_type(h, f0) == DType::float16);
  CHECK(result_type(i, i0) == DType::int32);
  CHECK(result_type(i, d0) == DType::float64);
  CHECK(result_type(f0, d0) == DType::float64);
  CHECK(result_type(i0, d0, f) == DType::float32);
  CHECK(result_type(i, 2.5) == DType::float32);
  CHECK(result_type(i0, true) == DType::int64);
  static_assert(std::is_same_v<decltype(h + f0)::value_type, half>);
  static_assert(std::is_same_v<decltype(f * d0)::value_type, float>);
  static_assert(std::is_same_v<decltype(i + d0)::value_type, double>);
  static_assert(std::is_same_v<decltype(where(f > 0, h, d0))::value_type, half>);
  static_assert(std::is_same_v<decltype(type_as(i, h))::value_type, half>);
  CHECK(is_floating_point(h));
  CHECK(!is_floating_point(i));
  CHECK(!is_complex(d));
}

TEST_CASE("halves print as numbers") {
  std::ostringstream out;
  out << Tensor<half, 2>{1.5, -0.1};
  CHECK(out.str() == "tensor([ 1.5000, -0.1000], dtype=float16)");
}

TEST_CASE("integers that a double does not hold are exact") {
  using I = Tensor<std::int64_t, 2>;
  constexpr std::int64_t large = 9007199254740993;  // 2^53 + 1
  auto f = [](auto x) { return several(x + 9007199254740993, x * 0 - 9223372036854775807, (full_like(x, 9007199254740992) + 1) - x); };
  const auto [sum, least, next] = compile<I>(f)(I{1, -2});
  CHECK((sum(0) == large + 1 && sum(1) == large - 2));
  CHECK(least(0) == -9223372036854775807);
  CHECK((next(0) == large - 1 && next(1) == large + 2));
}
