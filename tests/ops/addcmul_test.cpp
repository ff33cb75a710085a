// Scaled products and quotients: against the interpreter, differences, and PyTorch's gradients of mixed dtypes.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("values and gradients, broadcast") {
  const auto a = filled<Tensor<double, 3, 4>>();
  const auto b = filled<Tensor<double, 4>>(1, 2, 1);
  const auto c = filled<Tensor<double, 3, 1>>(1, 2, 2);
  check([](auto x, auto y, auto z) { return test::results(addcmul(x, y, z), addcmul(x, y, z, 0.5), addcdiv(x, y, z, -2), addcdiv(x, y, z)); }, a, b, c);
  check_gradient([](auto x, auto y, auto z) { return addcmul(x, y, z, 0.5) * addcdiv(x, y, z, 3); }, a, b, c);
  const Tensor<std::int64_t, 2> i{1, 2}, j{5, 6};
  const Tensor r = addcmul(i, j, i, 3);
  CHECK((r(0) == 16 && r(1) == 38));
}

TEST_CASE("a bfloat16 factor is rounded where it is the other's gradient, as torch's") {
  const Tensor<float, 2> x{1, 2}, b{0.7f, 1.9f};
  const Tensor<bfloat16, 2> a{bfloat16(1.1f), bfloat16(-2.3f)};
  auto product = [](auto p, auto q, auto y) { return sum(addcmul(y, q, p, -3.14f)); };
  auto quotient = [](auto p, auto q, auto y) { return sum(addcdiv(y, q, p, -3.14f)); };
  const Tensor dp = grad(product)(b, a, x), dq = grad(quotient)(b, a, x), value = addcdiv(x, a, b, -3.14f);
  CHECK((dp(0) == -3.453125f && dp(1) == 7.21875f));
  CHECK(dq(0) == doctest::Approx(7.047194004058838).epsilon(1e-6));
  CHECK(dq(1) == doctest::Approx(-1.9996538162231445).epsilon(1e-6));
  CHECK(value(0) == doctest::Approx(-3.9412951469421387).epsilon(1e-6));
  const Tensor da = grad([](auto q, auto p, auto y) { return sum(addcdiv(y, q, p, -3.14f)); })(a, b, x);
  CHECK((static_cast<float>(da(0)) == -4.5f && static_cast<float>(da(1)) == -1.65625f));
}
