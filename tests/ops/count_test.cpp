// Reductions of conditions, and sums and means that leave out what is not a number.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("any, all and count_nonzero") {
  const Tensor<float, 2, 3> x{{0, 1, 2}, {3, 4, 5}};
  const Tensor a = all<1>(x);
  const Tensor n = count_nonzero<0>(x);
  CHECK((!a(0) && a(1) && n(0) == 1 && n(1) == 2));
  CHECK((any(x).item() && !all(x).item() && count_nonzero(x).item() == 5));
  CHECK(any(Tensor<double, 2>{{0, not_a_number}}).item());  // NaN is not 0
  CHECK(all(Tensor<float, 0>{}).item());
  CHECK(!any(Tensor<float, 0>{}).item());
  static_assert(std::is_same_v<decltype(any(Tensor<std::uint8_t, 2>{}))::value_type, std::uint8_t>);
  check([](auto b) { return results(any<0>(b), all<1, keepdim>(b), any(b), count_nonzero<1>(b)); }, filled<Tensor<bool, 5, 7>>());
  check([](auto b) { return results(any<0>(b), all<1, keepdim>(b), all(b)); }, filled<Tensor<std::uint8_t, 5, 7>>(0, 2));
}

TEST_CASE("bools are asked as they are, one among many") {
  Tensor<bool, 3, 70> x;
  x(1, 69) = true;
  for (int i = 0; i < 70; ++i) x(2, i) = true;
  const Tensor a = any<1>(x), b = all<1>(x);
  const Tensor n = count_nonzero<1>(x);
  for (int r = 0; r < 3; ++r) {
    CHECK(a(r) == (r > 0));
    CHECK(b(r) == (r == 2));
    CHECK(n(r) == (r == 0 ? 0 : r == 1 ? 1 : 70));
  }
  CHECK(Tensor(any(x)).item());
  CHECK(!Tensor(all(x)).item());
}

TEST_CASE("nansum and nanmean") {
  const Tensor<double, 2, 3> x{{1, not_a_number, 3}, {not_a_number, not_a_number, not_a_number}};
  const Tensor s = nansum<1>(x);
  const Tensor m = nanmean<1>(x);
  CHECK((s(0) == 4 && s(1) == 0 && m(0) == 2 && std::isnan(m(1))));
  CHECK(nanmean(x).item() == 2);
  Var<double, 3> v = Tensor<double, 3>{{1, not_a_number, 3}};
  backward(nanmean(v));
  CHECK((v.grad()(0) == 0.5 && v.grad()(1) == 0 && v.grad()(2) == 0.5));
  CHECK(nansum(Tensor<std::int64_t, 2>{{3, 4}}).item() == 7);
}
