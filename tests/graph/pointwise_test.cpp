// Pointwise nodes as they are built: constants fold, units vanish, integers go their own way.
#include "with_input.hpp"

using namespace test;

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

TEST_CASE("what is no constant expression is left to the kernel: inf - inf, 0 inf, an overflow") {
  static_assert(with_input([](Builder& b, int) {
    double v = 0;
    const auto folds = [&](Op op, double x, double y) { return b.is_constant(b.map(op, DType::float64, b.constant(x, DType::float64), b.constant(y, DType::float64)), v); };
    const double infinity = __builtin_huge_val();
    return !folds(Op::sub, infinity, infinity) && !folds(Op::mul, 0, infinity) && !folds(Op::div, infinity, infinity) && !folds(Op::mul, 1e200, 1e200) && !folds(Op::div, 1, 1e-320);
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

TEST_CASE("bools and integers do what floats do, in their own way") {
  static_assert(with_input([](Builder& b, int x) {
    const int zero = b.constant(0, DType::float64, shape(3, 5));
    const int m = b.map(Op::gt, DType::boolean, x, zero), n = b.map(Op::lt, DType::boolean, x, zero);
    const int i = b.cast(x, DType::int32);
    return b[b.map(Op::add, DType::boolean, m, n)].op == Op::logical_or && b[b.map(Op::mul, DType::boolean, m, n)].op == Op::logical_and &&
           b.map(Op::floor, DType::int32, i) == i && b.dtype(b.reduce(Op::amax, m, 1)) == DType::boolean;
  }));
}
