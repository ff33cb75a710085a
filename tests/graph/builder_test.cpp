// Nodes of a builder: equal ones are one, and what has no elements is a constant.
#include "with_input.hpp"

using namespace test;

TEST_CASE("equal nodes are one node, in either order where order does not matter") {
  static_assert(with_input([](Builder& b, int x) {
    const int y = b.map(Op::exp, DType::float64, x), z = b.map(Op::sin, DType::float64, x);
    return y == b.map(Op::exp, DType::float64, x) && b.map(Op::add, DType::float64, y, z) == b.map(Op::add, DType::float64, z, y) &&
           b.map(Op::sub, DType::float64, y, z) != b.map(Op::sub, DType::float64, z, y);
  }));
}

TEST_CASE("what has no elements is a constant") {
  static_assert(with_input([](Builder& b, int x) {
    double v = 1;
    const int none = b.slice(x, 0, 1, 0, 1);
    const int y = b.map(Op::exp, DType::float64, none);
    const bool sum = b.is_constant(b.reduce(Op::sum, y, 1), v) && v == 0;
    const bool product = b.is_constant(b.dot(b.transpose(none, 0, 1), none), v) && v == 0;
    return b.is_constant(y, v) && b.shape(y).size[0] == 0 && sum && product;
  }));
}
