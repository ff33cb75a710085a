// Where extrema stand: indices, NaN, ties, PyTorch's forms of max and min, and where their gradients go.
#include <program.hpp>

#include <cmath>

using namespace etch;
using namespace test;

namespace {
const double not_a_number = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEST_CASE("indices: the first of equals, of one axis or of all") {
  const F<2, 5> x{{1, 3, 3, 2, 3}, {0, 0, 0, 4, 0}};
  const Tensor i = argmax<1>(x);
  const Tensor j = argmin<1, keepdim>(x);
  CHECK((i(0) == 1 && i(1) == 3 && j(0, 0) == 0 && j(1, 0) == 0));
  CHECK(argmax(x).item() == 8);
  CHECK(argmin(x).item() == 5);
  CHECK(Tensor(argmax<keepdim>(x))(0, 0) == 8);
  CHECK(argmax(Tensor<float>(3.f)).item() == 0);
  CHECK(argmin<-1>(Tensor<float>(3.f)).item() == 0);
  check([](auto a) { return results(argmax(a), argmin<0>(a), argmax<1, keepdim>(a), argmax(t(exp(a)))); }, filled<F<6, 7>>());
}

TEST_CASE("what is not a number is the extremum") {
  const Tensor<double, 2, 4> x{{1, not_a_number, 5, not_a_number}, {2, 1, 3, 0}};
  const Tensor i = argmax<1>(x);
  const Tensor j = argmin<1>(x);
  CHECK((i(0) == 1 && j(0) == 1 && i(1) == 2 && j(1) == 3));
  const Tensor v = max<1>(x).values;
  CHECK((std::isnan(v(0)) && v(1) == 3));
}

TEST_CASE("max, min and aminmax in PyTorch's forms") {
  const F<2, 3> x{{1, 5, 2}, {9, 7, 9}};
  const auto [v, i] = max<1>(x);
  const Tensor values = v;
  const Tensor indices = i;
  CHECK((values(0) == 5 && values(1) == 9 && indices(0) == 1 && indices(1) == 0));
  CHECK(max(x).item() == 9);
  CHECK(min(x).item() == 1);
  const auto [low, high] = aminmax<0>(x);
  const Tensor lows = low;
  const Tensor highs = high;
  CHECK((lows(0) == 1 && lows(1) == 5 && highs(2) == 9));
  check([](auto a, auto b) { return results(max<0, keepdim>(a).values, min<1>(a).values, min<-1, keepdim>(a).indices, max(a, b), min(a, b)); }, filled<F<4, 5>>(), filled<F<4, 5>>(-2, 2, 3));
  check([](auto a) { return results(max<0>(a).values, min<1>(a).values, max<1>(a).indices); }, filled<Tensor<bool, 4, 5>>());
  check([](auto a) { return results(max<0>(a).values, min<1>(a).values); }, filled<Tensor<std::int64_t, 4, 5>>(-9, 9));
  const double infinite = inf;
  check([](auto a) { return results(max<1>(a).values, min<1>(a).values, max<1>(a).indices); }, Tensor<double, 2, 3>{{-infinite, -infinite, -infinite}, {1, infinite, 0}});
}

TEST_CASE("the gradient of max<1> goes to the element it names, amax shares it among equals") {
  Var<double, 4> x = Tensor<double, 4>{{1, 7, 7, 2}};
  backward(sum(max<0>(x).values));
  CHECK((x.grad()(1) == 1 && x.grad()(2) == 0));
  x.zero_grad();
  backward(amax(x));
  CHECK((x.grad()(1) == 0.5 && x.grad()(2) == 0.5));
  check_gradient([](auto a) { return max<1, keepdim>(a).values * min<0, keepdim>(sin(a)).values; }, filled<Tensor<double, 4, 5>>());
  check_gradient([](auto a) { return max<1>(a).values + min<1>(a).values * 3; }, filled<Tensor<double, 4, 5>>());
}
