// Orders along an axis: against std::sort of positions, with NaN, zeros of both signs, ties, every dtype; lookups and gradients.
#include <program.hpp>

#include <algorithm>
#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The order of a vector as the standard library finds it.
template <class T, int N>
void same_as_a_stable_sort(const Tensor<T, N>& x) {
  auto less = [](T a, T b) { return b != b ? a == a : a < b; };
  auto greater = [](T a, T b) { return a != a ? b == b : a > b; };
  auto before = [&](auto order) {  // equal elements as they stand
    return [&x, order](std::int64_t i, std::int64_t j) {
      const T a = x.data()[i], b = x.data()[j];
      return order(a, b) || (!order(b, a) && i < j);
    };
  };
  std::vector<std::int64_t> up(N), down(N);
  for (int i = 0; i < N; ++i) up[static_cast<std::size_t>(i)] = down[static_cast<std::size_t>(i)] = i;
  std::sort(up.begin(), up.end(), before(less));
  std::sort(down.begin(), down.end(), before(greater));
  const Tensor a = argsort(x);
  const Tensor b = argsort<0, true>(x);
  CHECK(std::equal(up.begin(), up.end(), a.data()));
  CHECK(std::equal(down.begin(), down.end(), b.data()));
}
}  // namespace

TEST_CASE_TEMPLATE("the order is that of a stable sort", T, float, double, std::int64_t, std::int32_t, std::int16_t, std::int8_t, std::uint8_t, bool) {
  for (int seed = 0; seed < 20; ++seed) {
    same_as_a_stable_sort(filled<Tensor<T, 1000>>(seed % 2 == 0 ? -3 : 0, seed % 2 == 0 ? 3 : 120, seed));
    same_as_a_stable_sort(filled<Tensor<T, 40>>(0, 100, seed));
  }
}

TEST_CASE("what is not a number is last, zeros are equal, infinities are in their place") {
  Tensor<double, 130> x;
  const double odd[] = {not_a_number, -inf, 0.0, -0.0, inf, -not_a_number, 1, -1};
  for (int i = 0; i < 130; ++i) x.data()[i] = odd[(i * i + 3 * i) % 8];
  same_as_a_stable_sort(x);
  Tensor<float, 9> y;
  for (int i = 0; i < 9; ++i) y.data()[i] = static_cast<float>(odd[i % 8]);
  same_as_a_stable_sort(y);
}

TEST_CASE("along every axis, of views and computed values") {
  check([](auto a) { return results(argsort<0>(a), argsort<1>(a), argsort<2, true>(a), sort<1>(a).values, sort<-3, true>(a).values); }, filled<F<6, 5, 7>>());
  check([](auto a) { return results(sort<0>(t(a)).values, sort<1>(exp(a)).indices, sort<1>(slice<1, 1, 9, 2>(a)).values, msort(a)); }, filled<F<5, 9>>());
  check([](auto a) { return results(sort<0>(a).values, sort<0>(a).indices); }, F<0>{});
  CHECK(sort<-1>(Tensor<float>(3.f)).values.item() == 3);
  CHECK(argsort<0>(Tensor<float>(3.f)).item() == 0);
}

TEST_CASE("the largest, the smallest, the k-th") {
  check([](auto a) { return results(topk<2>(a).values, topk<3, 0>(a).indices, topk<2, 1, false>(a).values, kthvalue<2>(a).values, kthvalue<3, 0, keepdim>(a).indices); }, filled<F<5, 6>>());
  const F<5> x{{3, 9, 1, 7, 5}};
  const auto [v, i] = topk<2>(x);
  const Tensor values = v;
  const Tensor indices = i;
  CHECK((values(0) == 9 && values(1) == 7 && indices(0) == 1 && indices(1) == 3));
  CHECK(kthvalue<2>(x).values.item() == 3);
  CHECK(kthvalue<1>(Tensor<float>(4.f)).values.item() == 4);
}

TEST_CASE("median: the lower of two, NaN where there is one, or without it") {
  const G<2, 4> x{{4, 1, 3, 2}, {5, not_a_number, 7, 6}};
  const auto m = median<1>(x);
  const Tensor v = m.values;
  const Tensor i = m.indices;
  const Tensor w = nanmedian<1>(x).values;
  const Tensor j = nanmedian<1, keepdim>(x).indices;
  CHECK((v(0) == 2 && i(0) == 3 && std::isnan(v(1)) && i(1) == 1));
  CHECK((w(0) == 2 && w(1) == 6 && j(1, 0) == 3));
  CHECK(std::isnan(median(x).item()));
  CHECK(nanmedian(x).item() == 4);
  CHECK(median(Tensor<float>(3.f)).item() == 3);
  CHECK(std::isnan(nanmedian(G<2>{{not_a_number, not_a_number}}).item()));
  check([](auto a) { return results(median<0>(a).values, median<1>(a).indices, nanmedian<1>(a).values, median(a)); }, filled<F<5, 8>>());
  CHECK(median(Tensor<std::int64_t, 4>{{7, 5, 1, 2}}).item() == 2);
}

TEST_CASE("one rank of many elements is found without their order") {
  auto agrees = [](const auto& x, int n) {
    const auto [values, order] = eval(sort<0>(x));
    const auto [middle, at] = eval(median<0>(x));
    int numbers = 0;
    for (int i = 0; i < n; ++i) numbers += x(i) == x(i) ? 1 : 0;
    const int rank = numbers < n ? numbers : (n - 1) / 2;
    CHECK(at.item() == order(rank));
    const Tensor all = median(x);
    CHECK(std::memcmp(middle.data(), values.data() + rank, sizeof(values(0))) == 0);
    CHECK(std::memcmp(all.data(), values.data() + rank, sizeof(values(0))) == 0);
    const auto [number, where_number] = eval(nanmedian<0>(x));
    CHECK(where_number.item() == order(numbers > 0 ? (numbers - 1) / 2 : 0));
    const auto [last, where_last] = eval(kthvalue<200>(x));
    CHECK(where_last.item() == order(199));
  };
  Tensor<float, 1000> x;
  Tensor<double, 1000> wide;
  Tensor<std::int64_t, 1000> whole;
  Tensor<half, 1000> small;
  for (int i = 0; i < 1000; ++i) {
    x(i) = std::sin(static_cast<float>(i * i)) * 3;
    wide(i) = static_cast<double>(x(i)) * 1e200;
    whole(i) = (i * 7919 % 1000 - 500) * (std::int64_t{1} << 40);
    small(i) = static_cast<half>(x(i));  // many equals
  }
  agrees(x, 1000);
  agrees(wide, 1000);
  agrees(whole, 1000);
  agrees(small, 1000);
  agrees(zeros<float, 300>(), 300);  // all equal: the first of the middle
  for (const int i : {0, 40, 999}) x(i) = std::numeric_limits<float>::quiet_NaN();
  x(3) = -0.0f;
  agrees(x, 1000);
  for (int i = 0; i < 1000; ++i) x(i) = std::numeric_limits<float>::quiet_NaN();
  agrees(x, 1000);
  Tensor<float, 3, 200, 2> axis;
  for (int i = 0; i < 1200; ++i) axis.data()[i] = static_cast<float>(i * 41 % 199);
  const auto [values, order] = eval(sort<1>(axis));
  const auto [middle, at] = eval(median<1>(axis));
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 2; ++k) {
      CHECK(middle(i, k) == values(i, 99, k));
      CHECK(at(i, k) == order(i, 99, k));
    }
}

TEST_CASE("mode: the most frequent, the smallest of several, where it last stands") {
  const G<3, 6> x{{2, 1, 2, 1, 3, 1}, {5, 4, 5, 4, 1, 0}, {not_a_number, 1, not_a_number, 2, not_a_number, 1}};
  const auto m = mode<1>(x);
  const Tensor v = m.values;
  const Tensor i = m.indices;
  CHECK((v(0) == 1 && i(0) == 5 && v(1) == 4 && i(1) == 3 && std::isnan(v(2)) && i(2) == 4));
  check([](auto a) { return results(mode<0>(a).values, mode<1, keepdim>(a).values); }, filled<Tensor<std::int32_t, 9, 7>>(0, 3));
  CHECK(mode(Tensor<float>(3.f)).values.item() == 3);
}

TEST_CASE("gradients go where the elements came from") {
  const auto x = filled<G<4, 5>>();
  check_gradient([](auto a) { return sort<1>(a).values * cumsum<1>(a); }, x);
  check_gradient([](auto a) { return topk<2, 0>(a).values * 3; }, x);
  check_gradient([](auto a) { return median<1>(a).values + kthvalue<2, 1>(a).values * nanmedian<1>(a).values; }, x);
  check_gradient([](auto a) { return median(a) * mode<0>(a).values; }, x);
  check_gradient([](auto a) { return grad([](auto y) { return sum(square(sort<0>(y).values) * cumsum<0>(y)); })(a); }, x);
}

TEST_CASE("a few ranks are those of the whole order: ties, NaN, both directions, either axis") {
  auto x = filled<F<100, 7>>();
  for (int i = 0; i < 100; ++i) x(i, 1) = static_cast<float>(i % 3);
  x(40, 2) = x(7, 2) = NAN;
  const Tensor up = argsort<0>(x);
  const Tensor down = argsort<0, true>(x);
  const Tensor few = topk<9, 0>(x).indices;
  const Tensor low = topk<9, 0, false>(x).indices;
  const Tensor many = topk<90, 0>(x).indices;
  const Tensor fifth = kthvalue<5, 0>(x).indices;
  for (int c = 0; c < 7; ++c) {
    for (int i = 0; i < 9; ++i) CHECK((few(i, c) == down(i, c) && low(i, c) == up(i, c)));
    for (int i = 0; i < 90; ++i) CHECK(many(i, c) == down(i, c));
    CHECK(fifth(c) == up(4, c));
  }
}

TEST_CASE("both results from one program") {
  const auto x = filled<F<5, 9>>();
  const auto [v, i] = eval(sort<1>(x));
  const Tensor w = sort<1>(x).values;
  for (int k = 0; k < 9; ++k) CHECK((v(2, k) == w(2, k) && v(2, k) == x(2, i(2, k))));
}

TEST_CASE("many threads change nothing") {
  const auto x = filled<F<64, 300>>();
  const int before = cpu::num_threads();
  cpu::set_num_threads(1);
  const Tensor one = argsort<0>(x);
  const Tensor two = argsort<1>(x);
  cpu::set_num_threads(3);
  const Tensor also_one = argsort<0>(x);
  const Tensor also_two = argsort<1>(x);
  cpu::set_num_threads(before);
  CHECK(std::equal(one.data(), one.data() + one.numel(), also_one.data()));
  CHECK(std::equal(two.data(), two.data() + two.numel(), also_two.data()));
}
