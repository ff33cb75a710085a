// Kernels that several steps share are asked for once, and each step finds its own in the table.
#include <program.hpp>

#include <etch/run/distinct.hpp>

using namespace etch;
using namespace test;

TEST_CASE("equal kernels of a plan are one") {
  auto f = [](auto x, auto w, auto v) { return results(exp(matmul(x, w)), exp(matmul(x, v)), cumsum<0>(x)); };
  using P = Code<decltype(f), F<4, 6>, F<6, 9>, F<6, 9>>;
  constexpr auto d = detail::find_distinct(P::plan);
  static_assert(P::plan.steps == 3 && d.kernels == 1 && d.libraries == 2 && d.loops == 0);
  check(f, filled<F<4, 6>>(), filled<F<6, 9>>(), filled<F<6, 9>>());
}

TEST_CASE("a kernel knows the length of the row that all its steps are") {
  constexpr auto columns = []<class... In>(auto f, In...) {
    constexpr auto d = detail::find_distinct(Code<decltype(f), In...>::plan);
    static_assert(d.kernels == 1);
    return d.columns[0];
  };
  auto one = [](auto x) { return exp(x) * x; };
  auto two = [](auto x, auto y) { return results(exp(x) * x, exp(y) * y); };
  CHECK(columns(one, F<40>{}) == 40);
  CHECK(columns(one, F<1, 40>{}) == 40);
  CHECK(columns(one, F<5000>{}) == 0);
  CHECK(columns(two, F<40>{}, F<50>{}) == 0);
  check(two, filled<F<40>>(), filled<F<50>>());
}

TEST_CASE("a step without words has no kernel of a loop, a fused one none of the library") {
  auto f = [](auto x, auto w) { return results(matmul(x, w), tanh(x) * 2); };
  using P = Code<decltype(f), F<4, 6>, F<6, 9>>;
  constexpr auto d = detail::find_distinct(P::plan);
  static_assert(P::plan.steps == 2 && d.kernels == 1 && d.libraries == 1);
  for (int s = 0; s < 2; ++s) {
    const bool fused = P::plan.step[s].kind == detail::StepKind::fused;
    CHECK((P::table.kernel[s] != nullptr) == fused);
    CHECK((P::table.library[s].run != nullptr) == !fused);
  }
  check(f, filled<F<4, 6>>(), filled<F<6, 9>>());
}

TEST_CASE("accumulators of one reduction are one") {
  auto f = [](auto x, auto y) { return results(sum<0>(x), sum<0>(y), amax<0>(y)); };
  using P = Code<decltype(f), F<40, 6>, F<40, 6>>;
  constexpr auto d = detail::find_distinct(P::plan);
  static_assert(P::plan.combines == 3 && d.accumulators == 2);
  check(f, filled<F<40, 6>>(), filled<F<40, 6>>());
}
