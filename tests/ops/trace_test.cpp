// The sum of a diagonal, against loops.
#include <program.hpp>

using namespace etch;
using namespace test;

TEST_CASE("trace of any matrix") {
  const auto a = filled<G<6, 4>>();
  auto [x, y, z] = eval(trace(a), trace(t(a)), trace(slice<1, 0, 1>(a)));
  CHECK(x.item() == doctest::Approx(a(0, 0) + a(1, 1) + a(2, 2) + a(3, 3)));
  CHECK(y.item() == doctest::Approx(x.item()));
  CHECK(z.item() == a(0, 0));
  static_assert(std::is_same_v<decltype(Tensor(trace(Tensor<std::int32_t, 2, 2>{})))::value_type, std::int64_t>);
}

TEST_CASE("the trace's gradient is the diagonal") {
  check_gradient([](auto a) { return trace(a) * trace(a); }, filled<G<3, 4>>());
}
