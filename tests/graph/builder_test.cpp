// Building graphs in constant expressions: equal nodes are one, constants fold, views compose.
#include <etch/graph/value.hpp>

#include <doctest/doctest.h>

using namespace etch;
using namespace etch::detail;

namespace {
constexpr Shape shape(int a, int b) { return Shape{2, {a, b}}; }

/// Calls f(builder, x) with an input x [3, 5] of float64 and returns what it says.
template <class F>
constexpr auto with_input(F f) {
  BuilderStorage<256> storage;
  Builder b(storage);
  const int x = b.input(b.add_slot(SlotKind::tensor, DType::float64, shape(3, 5)), 0, DType::float64, shape(3, 5));
  return f(b, x);
}
}  // namespace

TEST_CASE("equal nodes are one node, in either order where order does not matter") {
  static_assert(with_input([](Builder& b, int x) {
    const int y = b.map(Op::exp, DType::float64, x), z = b.map(Op::sin, DType::float64, x);
    return y == b.map(Op::exp, DType::float64, x) && b.map(Op::add, DType::float64, y, z) == b.map(Op::add, DType::float64, z, y) &&
           b.map(Op::sub, DType::float64, y, z) != b.map(Op::sub, DType::float64, z, y);
  }));
}

TEST_CASE("constants fold") {
  static_assert(with_input([](Builder& b, int) {
    double v = 0;
    const int two = b.constant(2, DType::float64), three = b.constant(3, DType::float64);
    const bool product = b.is_constant(b.map(Op::mul, DType::float64, two, three), v) && v == 6;
    const bool less = b.is_constant(b.map(Op::lt, DType::boolean, two, three), v) && v == 1;
    const bool by_zero = b.is_constant(b.map(Op::div, DType::float64, two, b.constant(0, DType::float64)), v);
    return product && less && !by_zero;
  }));
  static_assert(with_input([](Builder& b, int) {  // a float constant is what a float holds
    return b.constant(0.1, DType::float32) == b.constant(static_cast<double>(0.1f), DType::float32) && b.constant(2.9, DType::int32) == b.constant(2, DType::int32);
  }));
}

TEST_CASE("units vanish; 0 x stays where x may be infinite") {
  static_assert(with_input([](Builder& b, int x) {
    const int zero = b.constant(0, DType::float64, shape(3, 5)), one = b.constant(1, DType::float64, shape(3, 5));
    const bool units = b.map(Op::add, DType::float64, x, zero) == x && b.map(Op::mul, DType::float64, one, x) == x && b.map(Op::div, DType::float64, x, one) == x &&
                       b.map(Op::neg, DType::float64, b.map(Op::neg, DType::float64, x)) == x;
    return units && b.map(Op::mul, DType::float64, x, zero) != zero;
  }));
}

TEST_CASE("views of views are one view, and back is nothing") {
  static_assert(with_input([](Builder& b, int x) {
    const int y = b.reshape(b.reshape(x, Shape{1, {15}}), shape(5, 3));
    return b.reshape(y, shape(3, 5)) == x && b[y].in[0] == x && b.transpose(b.transpose(x, 0, 1), 0, 1) == x;
  }));
  static_assert(with_input([](Builder& b, int x) { return b.slice(x, 1, 0, 5, 1) == x && b.expand(x, shape(3, 5)) == x && b.cast(x, DType::float64) == x; }));
}

TEST_CASE("what a place wrote is read back; what it hides is gone") {
  static_assert(with_input([](Builder& b, int x) {
    const int row = b.slice(x, 0, 1, 1, 1), base = b.constant(0, DType::float64, shape(3, 5));
    const int y = b.place(base, row, 0, 2, 1);
    const bool back = b.slice(y, 0, 2, 1, 1) == row;
    const int other = b.map(Op::exp, DType::float64, row);
    return back && b.place(y, other, 0, 2, 1) == b.place(base, other, 0, 2, 1);
  }));
  static_assert(with_input([](Builder& b, int x) {  // disjoint and complete: no zeros are left below
    const int base = b.constant(0, DType::float64, shape(6, 5));
    const int y = b.place(b.place(base, x, 0, 0, 1), x, 0, 3, 1);
    return b[b[b[y].in[0]].in[0]].op == Op::empty;
  }));
}

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

TEST_CASE("bools and integers do what floats do, in their own way") {
  static_assert(with_input([](Builder& b, int x) {
    const int zero = b.constant(0, DType::float64, shape(3, 5));
    const int m = b.map(Op::gt, DType::boolean, x, zero), n = b.map(Op::lt, DType::boolean, x, zero);
    const int i = b.cast(x, DType::int32);
    return b[b.map(Op::add, DType::boolean, m, n)].op == Op::logical_or && b[b.map(Op::mul, DType::boolean, m, n)].op == Op::logical_and &&
           b.map(Op::floor, DType::int32, i) == i && b.dtype(b.reduce(Op::amax, m, 1)) == DType::boolean;
  }));
}
