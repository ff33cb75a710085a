// Arithmetic on nodes of a builder: what derivative rules are written in. Shapes must be equal; numbers are constants.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A node, with the builder it lives in.
struct Value {
  Builder* b = nullptr;
  int id = -1;
  constexpr DType dtype() const { return b->dtype(id); }
  constexpr const Shape& shape() const { return b->shape(id); }
  /// A number of this node's shape and dtype.
  constexpr Value number(double x) const { return {b, b->constant(x, dtype(), shape())}; }
  constexpr Value cast(DType to) const { return {b, b->cast(id, to)}; }
};

constexpr Value apply_map(Op op, Value a) { return {a.b, a.b->map(op, a.dtype(), a.id)}; }
constexpr Value apply_map(Op op, Value a, Value c) { return {a.b, a.b->map(op, a.dtype(), a.id, c.id)}; }
constexpr Value compare(Op op, Value a, Value c) { return {a.b, a.b->map(op, DType::boolean, a.id, c.id)}; }
constexpr Value choose(Value mask, Value a, Value c) { return {a.b, a.b->map(Op::where, a.dtype(), mask.id, a.id, c.id)}; }

constexpr Value both(Value a, Value c) { return compare(Op::logical_and, a, c); }

constexpr Value operator-(Value a) { return apply_map(Op::neg, a); }
constexpr Value operator+(Value a, Value c) { return apply_map(Op::add, a, c); }
constexpr Value operator-(Value a, Value c) { return apply_map(Op::sub, a, c); }
constexpr Value operator*(Value a, Value c) { return apply_map(Op::mul, a, c); }
constexpr Value operator/(Value a, Value c) { return apply_map(Op::div, a, c); }
constexpr Value operator+(Value a, double c) { return a + a.number(c); }
constexpr Value operator-(Value a, double c) { return a - a.number(c); }
constexpr Value operator*(Value a, double c) { return a * a.number(c); }
constexpr Value operator-(double a, Value c) { return c.number(a) - c; }
constexpr Value operator/(double a, Value c) { return c.number(a) / c; }

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

#include <etch/graph/complex.hpp>
