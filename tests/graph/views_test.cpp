// Views as they are built: they compose, and what was placed is read back.
#include "with_input.hpp"

using namespace test;

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
