// Folding of operations on known values: what a constant expression can compute exactly.
#pragma once

#include <etch/core/dtype.hpp>
#include <etch/graph/op.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// `value` as the dtype would hold it, so that equal constants are one node.
constexpr double round_to(DType t, double value) {
  switch (t) {
    case DType::float32: return static_cast<double>(static_cast<float>(value));
    case DType::float64: return value;
    case DType::float16: return static_cast<double>(static_cast<float>(half(value)));
    case DType::bfloat16: return static_cast<double>(static_cast<float>(bfloat16(value)));
    case DType::boolean: return value != 0 ? 1 : 0;
    default: return static_cast<double>(static_cast<std::int64_t>(value));
  }
}

/// A reduction of no elements; the extremum of no integers is 0.
constexpr double of_nothing(Op op, bool floating) {
  if (op == Op::prod) return 1;
  if (op == Op::sum || !floating) return 0;
  return op == Op::amax ? -__builtin_huge_val() : __builtin_huge_val();
}

/// x op y where that is exact arithmetic or one correctly rounded operation; false where it is left to the kernel, as are
/// integers that a double does not hold, and infinities and what is near them: neither their difference nor an overflow is a constant expression.
constexpr bool fold(Op op, double x, double y, bool floating, double& result) {
  auto holds = [&](double r) { return floating || (r > -0x1p53 && r < 0x1p53); };
  auto far = [](double v) { return !(v > -0x1p500 && v < 0x1p500); };
  auto near_zero = [](double v) { return v > -0x1p-500 && v < 0x1p-500; };
  if ((op == Op::add || op == Op::sub || op == Op::mul || op == Op::div) && (far(x) || far(y))) return false;
  if ((op == Op::div && near_zero(y)) || (op == Op::reciprocal && near_zero(x))) return false;
  switch (op) {
    case Op::neg: result = -x; return holds(x);
    case Op::abs: result = x < 0 ? -x : x; return holds(x);
    case Op::add: result = x + y; return holds(result);
    case Op::sub: result = x - y; return holds(result);
    case Op::mul: result = x * y; return holds(result);
    case Op::div: result = x / y; return floating;
    case Op::reciprocal: result = 1 / x; return true;
    case Op::maximum: result = x > y ? x : y; return x == x && y == y;
    case Op::minimum: result = x < y ? x : y; return x == x && y == y;
    case Op::eq: result = x == y; return true;
    case Op::ne: result = x != y; return true;
    case Op::lt: result = x < y; return true;
    case Op::le: result = x <= y; return true;
    case Op::gt: result = x > y; return true;
    case Op::ge: result = x >= y; return true;
    default: return false;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
