// Cross products, against loops.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("cross along the first axis of three, or a named one, broadcast") {
  const auto a = filled<G<3, 3>>(), b = filled<G<3, 3>>(-2, 2, 1);
  auto [first, last, one] = eval(cross(a, b), cross<-1>(a, b), cross<1>(a, G<1, 3>{{1, 0, 0}}));
  for (int i = 0; i < 3; ++i) {
    CHECK(first(0, i) == doctest::Approx(a(1, i) * b(2, i) - a(2, i) * b(1, i)));
    CHECK(last(i, 1) == doctest::Approx(a(i, 2) * b(i, 0) - a(i, 0) * b(i, 2)));
    CHECK(one(i, 2) == doctest::Approx(-a(i, 1)));
  }
}

TEST_CASE("gradients of cross products, also of one vector twice") {
  check_gradient([](auto a, auto b) { return sin(cross(a, b)) + cross(a, a * a); }, filled<G<3, 4>>(), filled<G<3, 1>>());
}
