// Pointwise nodes: numbers fold, neutral elements vanish, integers and complex numbers take their own ways.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr int Builder::constant(double value, DType dtype) {
  if (is_complex(dtype)) return pair(constant(value, real_dtype(dtype)), constant(0, real_dtype(dtype)));
  return emit(Op::constant, dtype, 0, -1, -1, -1, __builtin_bit_cast(std::uint64_t, round_to(dtype, value)));
}

constexpr int Builder::integer(std::int64_t value, DType dtype) {
  constexpr std::int64_t exact = std::int64_t{1} << 53, low = (std::int64_t{1} << 32) - 1;
  if (value > -exact && value < exact) return constant(static_cast<double>(value), dtype);
  return map(Op::add, dtype, constant(static_cast<double>(value & ~low), dtype), constant(static_cast<double>(value & low), dtype));
}

constexpr int Builder::iota(int size, DType dtype) {
  if (is_complex(dtype)) return cast(iota(size, real_dtype(dtype)), dtype);
  Shape s;
  s.rank = 1;
  s.size[0] = size;
  return emit(Op::iota, dtype, intern(s), -1, -1, -1, 0);
}

constexpr int Builder::extent(int code, DType dtype) {
  if (code >= 0) return constant(code, dtype);
  if (is_complex(dtype)) return cast(extent(code, real_dtype(dtype)), dtype);
  return emit(Op::extent, dtype, 0, -1, -1, -1, static_cast<std::uint64_t>(-1 - code));
}

constexpr int Builder::uniform(const Shape& s, DType dtype) {
  if (is_complex(dtype)) {
    const int re = uniform(s, real_dtype(dtype));
    return pair(re, uniform(s, real_dtype(dtype)));
  }
  if (dtype == DType::float16 || dtype == DType::bfloat16) {  // as many bits as the mantissa holds: rounding would reach 1
    const double steps = dtype == DType::float16 ? 2048 : 256;
    const int scaled = map(Op::mul, DType::float32, uniform(s, DType::float32), constant(steps, DType::float32, s));
    return cast(map(Op::mul, DType::float32, map(Op::floor, DType::float32, scaled), constant(1 / steps, DType::float32, s)), dtype);
  }
  return emit(Op::uniform, dtype, intern(s), seed, step, -1, static_cast<std::uint64_t>(streams++));
}

constexpr int Builder::map(Op op, DType result, int a, int b, int c) {
  if (b >= 0 && node_[a].shape != node_[b].shape) etch_internal_shapes_differ();
  if (c >= 0 && node_[a].shape != node_[c].shape) etch_internal_shapes_differ();
  if (is_pair(a) || is_pair(b) || is_pair(c)) return complex_map(*this, op, result, a, b, c);
  if (!is_floating(dtype(a)) && op != Op::where) {
    if (const int r = map_integers(op, result, a, b); r >= 0) return r;
  }
  double x = 0, y = 0;
  const bool known_a = is_constant(a, x);
  const bool known_b = b >= 0 && is_constant(b, y);
  if (known_a && (b < 0 || known_b) && c < 0) {
    double folded = 0;
    if (fold(op, x, y, is_floating(dtype(a)), folded)) return constant(folded, result, shape(a));
  }
  if (op == Op::add || op == Op::sub) {
    if (known_b && y == 0) return a;
    if (op == Op::add && known_a && x == 0) return b;
  } else if (op == Op::mul) {
    if (known_b && y == 1) return a;
    if (known_a && x == 1) return b;
    if (known_b && y == 0 && finite_if_zero(a)) return b;
    if (known_a && x == 0 && finite_if_zero(b)) return a;
  } else if (op == Op::div) {
    if (known_b && y == 1 && dtype(a) == result) return a;
  } else if (op == Op::neg && node_[a].op == Op::neg) {
    return node_[a].in[0];
  } else if (op == Op::logical_or && dtype(a) == DType::boolean) {
    if (known_b) return y != 0 ? b : a;
    if (known_a) return x != 0 ? a : b;
  } else if (op == Op::where && known_a) {
    return x != 0 ? b : c;
  } else if (op == Op::where) {
    if (const int r = positive_pool_back(a, b, c); r >= 0) return r;
  } else if (op == Op::pow && known_b) {
    if (const int r = power(a, y); r >= 0) return r;
  }
  // one order for sums and products, numbers last, so that equal work in two places is one kernel
  if ((op == Op::add || op == Op::mul) && (known_a || (!known_b && a > b))) {
    const int t = a;
    a = b;
    b = t;
  }
  return emit(op, result, node_[a].shape, a, b, c, 0);
}

constexpr int Builder::special(Special s, SpecialRule rule, DType result, int a, int b) {
  rule_[static_cast<int>(s)] = rule;
  return emit(b < 0 ? Op::special1 : Op::special2, result, node_[a].shape, a, b, -1, static_cast<std::uint64_t>(s));
}

constexpr int Builder::cast(int a, DType to) {
  if (dtype(a) == to) return a;
  if (is_pair(a)) {
    const int re = cast(real(a), real_dtype(to)), im = cast(imag(a), real_dtype(to));
    if (to == DType::boolean) return map(Op::logical_or, to, re, im);
    return is_complex(to) ? pair(re, im) : re;
  }
  if (is_complex(to)) return pair(cast(a, real_dtype(to)), constant(0, real_dtype(to), shape(a)));
  double x = 0;
  if (is_constant(a, x)) return constant(x, to, shape(a));
  return emit(Op::cast, to, node_[a].shape, a, -1, -1, 0);
}

constexpr int Builder::detach(int a) {
  if (is_pair(a)) return on_parts(a, [&](int x) { return detach(x); });
  double value = 0;
  if (!is_floating(dtype(a)) || is_constant(a, value) || is_detached(a)) return a;
  return emit(Op::cast, dtype(a), node_[a].shape, a, -1, -1, 0);
}

constexpr int Builder::fresh(int a) {
  if (is_pair(a) && memory_of(a) >= 0) return view_as_complex(fresh(memory_of(a)));
  if (is_pair(a)) return on_parts(a, [&](int x) { return fresh(x); });
  return emit(Op::cast, dtype(a), node_[a].shape, a, -1, -1, static_cast<std::uint64_t>(++fresh_));
}

constexpr int Builder::placeholder(DType d, const Shape& s) {
  if (is_complex(d)) {
    const int re = placeholder(real_dtype(d), s);
    return pair(re, placeholder(real_dtype(d), s));
  }
  return emit(Op::empty, d, intern(s), -1, -1, -1, static_cast<std::uint64_t>(++fresh_));
}

constexpr int Builder::power(int a, double y) {
  const DType d = dtype(a);
  if (y == 1) return a;
  if (y == 2) return map(Op::mul, d, a, a);
  if (y == 3) return map(Op::mul, d, map(Op::mul, d, a, a), a);
  if (y == 0) return constant(1, d, shape(a));
  if (!is_floating(d)) return -1;
  if (y == 0.5) return map(Op::sqrt, d, a);
  if (y == -0.5) return map(Op::rsqrt, d, a);
  if (y == -1) return map(Op::reciprocal, d, a);
  if (y == -2) return map(Op::reciprocal, d, map(Op::mul, d, a, a));
  return -1;
}

constexpr int Builder::map_integers(Op op, DType result, int a, int b) {
  switch (op) {
    case Op::floor: case Op::ceil: case Op::round: case Op::trunc: return a;
    case Op::isnan: return constant(0, result, shape(a));
    case Op::pow: case Op::fmod:
      if (dtype(a) != DType::boolean) return -1;
      return cast(map(op, DType::int32, cast(a, DType::int32), cast(b, DType::int32)), result);
    default: break;
  }
  if (dtype(a) != DType::boolean) return -1;
  switch (op) {
    case Op::add: case Op::maximum: return map(Op::logical_or, result, a, b);
    case Op::mul: case Op::minimum: return map(Op::logical_and, result, a, b);
    case Op::sub: return map(Op::logical_xor, result, a, b);
    case Op::neg: case Op::abs: case Op::sign: return a;
    case Op::lt: case Op::le: case Op::gt: case Op::ge: return map(op, result, cast(a, DType::int32), cast(b, DType::int32));
    default: return -1;
  }
}

constexpr bool Builder::finite_if_zero(int a) const {
  double v = 0;
  if (is_constant(a, v)) return v > -__builtin_huge_val() && v < __builtin_huge_val();
  return (node_[a].op == Op::cast && !is_floating(dtype(node_[a].in[0]))) || !is_floating(dtype(a));
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
