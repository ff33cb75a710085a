// Where something is true: counted when called, and with the count given by the caller.
#include <program.hpp>

using namespace etch;
using namespace test;

namespace {
struct Hits : dyn<12> {};
inline constexpr Hits hits{};
}  // namespace

TEST_CASE("nonzero, argwhere, where") {
  const Tensor<float, 2, 3> x{{0, 2, 0}, {-1, 0, 3}};
  const auto at = nonzero(x);
  CHECK(at.size(0) == 3);
  CHECK((at(0, 0) == 0 && at(0, 1) == 1 && at(1, 0) == 1 && at(1, 1) == 0 && at(2, 1) == 2));
  const auto [i, j] = where(x < 0);
  CHECK((i.size(0) == 1 && i(0) == 1 && j(0) == 0));
  const auto none = argwhere(x > 9);
  CHECK((none.size(0) == 0 && none.numel() == 0));
  const auto number = nonzero(Tensor<int>(3));
  CHECK((number.size(0) == 1 && number.numel() == 0));
  const Tensor y = x(i, j);
  CHECK((y.size(0) == 1 && y(0) == -1));
  const Tensor z = nonzero_static<4>(x);
  CHECK((z(2, 0) == 1 && z(2, 1) == 2 && z(3, 0) == -1 && z(3, 1) == -1));
  const Tensor first = nonzero_static<1>(x);
  CHECK((first(0, 0) == 0 && first(0, 1) == 1));
}

TEST_CASE("masked_select, and expressions on what it selects") {
  const auto x = filled<Tensor<float, 3, 4>>();
  const auto positive = masked_select<hits>(x, x > 0);
  const Tensor y = positive * 2;
  int k = 0;
  for (int i = 0; i < 12; ++i)
    if (x.data()[i] > 0) CHECK(y(k++) == x.data()[i] * 2);
  CHECK(y.size(0) == k);
  CHECK(mean(positive).item() == doctest::Approx(sum(positive).item() / static_cast<float>(k)));
  const Tensor wide = masked_select(Tensor<float>(2.f), x > 0);
  CHECK((wide.size(0) == k && wide(k - 1) == 2));
  const Tensor<bool, 4> m{{true, false, true, false}};
  const Tensor known = masked_select<6>(x, m);
  for (int i = 0; i < 3; ++i) CHECK((known(2 * i) == x(i, 0) && known(2 * i + 1) == x(i, 2)));
  CHECK_THROWS_AS(Tensor(masked_select<7>(x, m)), Error);
  Var<float, 4> w = filled<Tensor<float, 4>>();
  backward(sum(square(masked_select(w, m))));
  CHECK((w.grad()(0) == doctest::Approx(2 * w(0)) && w.grad()(1) == 0));
  check_gradient([](auto v) { return masked_select<2>(v * v, iota_like<0>(v) > 1) + nonzero_static<2>(v)(every, 0); }, filled<Tensor<double, 4>>());
}

TEST_CASE("coordinates of flat indices") {
  const Tensor<std::int64_t, 3> i{{0, 7, 19}};
  const auto [r, c] = unravel_index<4, 5>(to<std::int8_t>(i));  // whatever the dtype, int64
  const Tensor row = r;
  const Tensor column = c;
  for (int k = 0; k < 3; ++k) CHECK((row(k) == i(k) / 5 && column(k) == i(k) % 5));
}
