// Views written out of place, and index_put: against writing through the views.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
bool same(const auto& x, const auto& y) { return std::memcmp(x.data(), y.data(), sizeof(*x.data()) * static_cast<std::size_t>(x.numel())) == 0; }
}  // namespace

TEST_CASE("slices, selections, diagonals, strided views") {
  const auto x = filled<F<4, 5, 3>>();
  auto expected = x;
  const auto a = filled<F<4, 2, 3>>(-2, 2, 1);
  slice<1, 0, 4, 2>(expected) = a;
  CHECK(same(Tensor(slice_scatter<1, 0, 4, 2>(x, a)), expected));
  expected = x;
  select_axis<-1, -2>(expected) = filled<F<4, 5>>();
  CHECK(same(Tensor(select_scatter<-1, -2>(x, filled<F<4, 5>>())), expected));
  expected = x;
  diagonal<1, 0, 1>(expected) = filled<F<3, 4>>();
  CHECK(same(Tensor(diagonal_scatter<1, 0, 1>(x, filled<F<3, 4>>())), expected));
  expected = x;
  const Tensor other = diagonal_scatter<-1, 2, 0>(x, filled<F<5, 2>>());
  for (int j = 0; j < 5; ++j)
    for (int k = 0; k < 2; ++k) expected(k, j, k + 1) = filled<F<5, 2>>()(j, k);
  CHECK(same(other, expected));
  const Tensor s = as_strided_scatter<ints<2, 2>, ints<5, 2>, 1>(x, F<2, 2>{{1, 2}, {3, 4}});
  CHECK((s.data()[1] == 1 && s.data()[3] == 2 && s.data()[6] == 3 && s.data()[8] == 4 && s.data()[2] == x.data()[2]));
  const Tensor n = narrow<1, -5, 5>(x);
  CHECK(same(n, x));
  check_gradient([](auto v, auto w) { return diagonal_scatter<1>(v, w) * select_scatter<1, 1>(v * v, w) + as_strided_scatter<ints<3>, ints<4>>(zeros_like(v), w); }, filled<G<3, 4>>(), filled<G<3>>());
}

TEST_CASE("as_strided_scatter sends back what it wrote over, as torch's does") {
  auto f = [](auto v, auto w) { return sum(as_strided_scatter<ints<2>, ints<2>, 1>(v, w) * (iota_like<0>(v) + 1)); };
  const Tensor r = grad(f)(G<5>{1, 1, 1, 1, 1}, G<2>{3, 3});
  CHECK(same(r, G<5>{0, 2, 0, 4, 0}));  // torch: [0, 2, 0, 4, 0], where differences give [1, 0, 3, 0, 5]
}

TEST_CASE("index_put writes and adds, by lists and by masks") {
  const auto x = filled<F<4, 5, 3>>();
  const I<2> i{{1, -1}}, j{{2, 0}};
  auto expected = x;
  const auto a = filled<F<2, 3>>();
  expected(i, j) = a;
  CHECK(same(Tensor(index_put(x, indices(i, j), a)), expected));
  expected = x;
  expected(i, every, ints<0, 2>{}) = 5;
  CHECK(same(Tensor(index_put(x, indices(i, every, ints<0, 2>{}), 5)), expected));
  const Tensor sum = index_put<true>(x, indices(I<2>{{1, 1}}), 1);
  CHECK(sum(1, 0, 0) == x(1, 0, 0) + 2);
  const Tensor<bool, 4> m{{true, false, false, true}};
  const Tensor by_row = index_put(x, indices(m), filled<F<2, 5, 1>>(5, 6));
  const Tensor alike = index_put<true>(x, indices(m), filled<F<3>>(5, 6));
  for (int c = 0; c < 3; ++c) {
    CHECK(by_row(3, 4, c) == filled<F<2, 5, 1>>(5, 6)(1, 4, 0));
    CHECK(by_row(1, 4, c) == x(1, 4, c));
    CHECK(alike(3, 4, c) == x(3, 4, c) + filled<F<3>>(5, 6)(c));
  }
}
