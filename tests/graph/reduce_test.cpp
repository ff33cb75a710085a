// Reductions as they are built: sums of sums are one sum.
#include "with_input.hpp"

using namespace test;

TEST_CASE("reductions: nothing to reduce, sums of sums, sums of constants") {
  static_assert(with_input([](Builder& b, int x) {
    double v = 0;
    const int column = b.slice(x, 1, 0, 1, 1);
    const bool trivial = b[b.reduce(Op::sum, column, 2)].op == Op::reshape;
    const bool merged = b.reduce(Op::sum, b.reduce(Op::sum, x, 1), 1) == b.reduce(Op::sum, x, 3);
    const bool counted = b.is_constant(b.reduce(Op::sum, b.constant(2, DType::float64, shape(3, 5)), 3), v) && v == 30;
    return trivial && merged && counted;
  }));
}
