// Views and joins: each alone, of each other, inside pointwise work, and as results.
#include <program.hpp>

using namespace etch;
using test::check;
using test::filled;
using test::results;

namespace {
template <int... D>
using F = Tensor<float, D...>;
}

TEST_CASE("reshape, with one size left open") {
  const auto x = filled<F<4, 6>>();
  check([](auto a) { return results(reshape<24>(a), reshape<2, 12>(a), reshape<2, -1>(a), reshape<3, 2, -1>(a), reshape<1, 4, 1, 6>(a), reshape<-1>(a)); }, x);
  check([](auto a) { return reshape<3, 8>(a) * 2 + 1; }, x);
  check([](auto a) { return reshape<2, 3, 4>(a + 1) * reshape<2, 3, 4>(exp(a)); }, x);
  static_assert(std::is_same_v<decltype(view<-1, 3>(x))::tracer, Tracer<float, 8, 3>>);
}

TEST_CASE("transpose and permute") {
  const auto m = filled<F<17, 33>>();
  check([](auto a) { return results(t(a), transpose<0, 1>(a), transpose<-1, -2>(a), t(t(a))); }, m);
  check([](auto a) { return t(a) * 2 + 1; }, m);
  check([](auto a, auto b) { return t(a) + b; }, m, filled<F<33, 17>>());
  check([](auto a) { return t(exp(a)) + t(a); }, m);
  const auto x = filled<F<2, 3, 4, 5>>();
  check([](auto a) { return results(permute<0, 2, 1, 3>(a), permute<3, 2, 1, 0>(a), permute<1, 0, 3, 2>(a), permute<2, 3, 0, 1>(a), permute<0, 1, 2, 3>(a)); }, x);
  check([](auto a) { return permute<0, 2, 1, 3>(a) * 3 + permute<0, 2, 1, 3>(exp(a)); }, x);
  check([](auto a) { return permute<0, 1, 3, 2>(permute<3, 2, 1, 0>(a)) + 1; }, x);
  check([](auto a) { return permute<1, 0, 2>(a) + 1; }, filled<F<1, 7, 1>>());
}

TEST_CASE("slices, with steps and from the end") {
  const auto x = filled<F<7, 33>>();
  check([](auto a) { return results(slice<0, 1, 4>(a), slice<1, 3, 20>(a), slice<0, 0, 7, 2>(a), slice<1, 1, 33, 5>(a), slice<1, -8, -1>(a), slice<-1, 5, 6>(a), narrow<0, 2, 3>(a)); }, x);
  check([](auto a) { return slice<1, 1, 33, 4>(slice<0, 1, 6, 2>(a)) * 2; }, x);
  check([](auto a) { return slice<1, 0, 32, 2>(a) + slice<1, 1, 33, 2>(a); }, x);
  check([](auto a) { return slice<0, 1, 6>(exp(a)) - slice<0, 0, 5>(exp(a)); }, x);
  check([](auto a) { return slice<1, 2, 8>(slice<1, 4, 30, 3>(a)); }, x);
  check([](auto a) { return results(select_axis<0, 3>(a), select_axis<1, -1>(a), select_axis<1, 5>(a) * 2); }, x);
  check([](auto a) { return slice<0, 2, 2>(a) + 1; }, x);  // nothing
}

TEST_CASE("squeeze, unsqueeze and expand") {
  const auto x = filled<F<3, 1, 5>>();
  check([](auto a) { return results(squeeze<1>(a), unsqueeze<0>(a), unsqueeze<3>(a), unsqueeze<-1>(a), unsqueeze<1>(squeeze<1>(a))); }, x);
  check([](auto a) { return results(expand<3, 4, 5>(a), expand<2, 3, 7, 5>(a), expand<3, 4, 5>(a) + 1, exp(expand<3, 2, 5>(a))); }, x);
  check([](auto a) { return results(sum<1>(expand<3, 4, 5>(a)), sum(expand<2, 3, 4, 5>(a)), expand<3, 4, -1>(a)); }, x);
  check([](auto a) { return reshape<3, 20>(expand<3, 4, 5>(a)); }, x);
  check([](auto a) { return reshape<12, 5>(expand<3, 4, 5>(a)) * 2; }, x);
  check([](auto a) { return reshape<60>(permute<1, 0, 2>(expand<3, 4, 5>(a))) + 1; }, x);
}

TEST_CASE("views of views, described by strides or not") {
  const auto x = filled<F<4, 6, 5>>();
  check([](auto a) { return results(reshape<24, 5>(permute<1, 0, 2>(a)), reshape<4, 30>(permute<0, 2, 1>(a)), reshape<120>(permute<2, 1, 0>(a))); }, x);
  check([](auto a) { return reshape<24, 5>(permute<1, 0, 2>(a)) * 2 + reshape<24, 5>(a); }, x);
  check([](auto a) { return permute<1, 0>(reshape<24, 5>(permute<1, 0, 2>(a))) + 1; }, x);
  check([](auto a) { return reshape<2, 2, 6, 5>(slice<1, 0, 6>(a)) + 1; }, x);
  check([](auto a) { return reshape<4, 15>(slice<1, 1, 4>(a)); }, x);
  check([](auto a) { return reshape<8, 3>(slice<2, 0, 1>(a)) * 2; }, x);
  check([](auto a) { return reshape<2, 2, 3, 5>(slice<1, 0, 6, 2>(a)) * 2; }, x);
  check([](auto a) { return t(reshape<6, 20>(permute<1, 0, 2>(exp(a)))) * 2; }, x);
  check([](auto a) { return exp(reshape<6, 20>(permute<1, 0, 2>(a + 1))) + reshape<6, 20>(permute<1, 0, 2>(a)); }, x);
}

TEST_CASE("heads of attention, there and back") {
  const auto x = filled<F<2, 7, 12>>();
  check([](auto a) {
    const auto heads = permute<0, 2, 1, 3>(reshape<2, 7, 3, 4>(a));
    return results(heads, reshape<2, 7, 12>(permute<0, 2, 1, 3>(heads)), reshape<2, 7, 12>(permute<0, 2, 1, 3>(heads * 2)), heads * 2);
  }, x);
}

TEST_CASE("cat, stack and chunk") {
  const auto a = filled<F<3, 4>>(), b = filled<F<3, 4>>(-2, 2, 1);
  const auto c = filled<F<3, 2>>(-2, 2, 2);
  check([](auto x, auto y) { return results(cat<0>(x, y), cat<1>(x, y), cat<-1>(x, x), stack<0>(x, y), stack<1>(x, y), stack<2>(x, y)); }, a, b);
  check([](auto x, auto y, auto z) { return results(cat<1>(x, z, y), cat<1>(z, z, x) * 2); }, a, b, c);
  check([](auto x, auto y) { return cat<0>(exp(x), y * 2, x + y); }, a, b);
  check([](auto x, auto y) { return cat<1>(cat<0>(x, y), cat<0>(y, x)) + 1; }, a, b);
  check([](auto x, auto y) { return sum<0>(cat<0>(exp(x), y)); }, a, b);
  check([](auto x, auto y) { return results(chunk<1, 2, 0>(x), chunk<1, 2, 1>(x) * chunk<1, 4, 3>(y), chunk<0, 3, 2>(x + y)); }, a, b);
  check([](auto x) { return cat<1>(x); }, a);
  check([](auto x, auto y) { return slice<1, 2, 6>(cat<1>(x, y)); }, a, b);
  check([](auto x, auto y) { return cat<0>(t(x), t(y)); }, a, b);
  check([](auto x, auto y) { return t(cat<0>(t(x), t(exp(y)))); }, a, b);
  check([](auto x, auto y) { return reshape<24>(stack<1>(x, y * 2)); }, a, b);
  check([](auto x, auto y) { return cat<0>(matmul(x, t(y)), matmul(y, t(x))); }, a, b);
  check([](auto x, auto y) { return cat<1>(matmul(x, t(y)), sum_keepdim<1>(x), amax_keepdim<1>(y)); }, a, b);
  check([](auto x, auto y) { return cat<0>(ones_like(x), y, zeros_like(x)); }, a, b);
  check([](auto x, auto y) { return cat<1>(x, to<float>(to<double>(y) / 3)); }, a, b);
}

TEST_CASE("a result that is an input, a view of one, a constant, or twice the same") {
  const auto x = filled<F<3, 5>>();
  check([](auto a) { return results(a, a); }, x);
  check([](auto a) { return results(t(a), a, t(a)); }, x);
  check([](auto a) { return results(zeros_like(a), ones_like(t(a)), a); }, x);
  check([](auto a) {
    const auto e = exp(a);
    return results(e, e, t(e), reshape<15>(e), slice<0, 1, 2>(e));
  }, x);
  check([](auto a) { return results(iota_like<0>(a), iota_like<1, float>(a), iota_like<-1, std::int32_t>(a), causal_mask(a)); }, x);
}

TEST_CASE("views of bools and integers") {
  const auto b = filled<Tensor<bool, 5, 9>>();
  const auto i = filled<Tensor<std::int32_t, 5, 9>>(-50, 50);
  const auto l = filled<Tensor<std::int64_t, 5, 9>>(-50, 50);
  const auto h = filled<Tensor<std::int16_t, 5, 9>>(-50, 50);
  auto f = [](auto a) { return results(t(a), slice<1, 1, 9, 3>(a), cat<0>(a, a), reshape<9, 5>(a), reshape<45>(t(a)), expand<2, 5, 9>(a)); };
  check(f, b);
  check(f, i);
  check(f, l);
  check(f, h);
  check([](auto m, auto x) { return where(t(m), t(x), 0); }, b, i);
  check([](auto m, auto x) { return slice<1, 0, 9, 2>(m) && slice<1, 0, 9, 2>(x > 0); }, b, l);
  check([](auto x) { return t(x) + 1; }, h);
}
