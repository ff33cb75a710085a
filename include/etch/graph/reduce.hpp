// Reductions and products: sums of sums are one sum, halves and integers take the kernels that are there.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr int Builder::reduce(Op op, int a, unsigned mask) {
  if (is_pair(a)) {
    if (op == Op::prod) return complex_product(a, mask);
    if (op != Op::sum) this_operation_takes_no_complex_numbers();
    return on_parts(a, [&](int x) { return reduce(op, x, mask); });
  }
  const Shape from = shape(a);
  Shape to;
  bool trivial = true;
  for (int i = 0; i < from.rank; ++i) {
    if ((mask >> i & 1) == 0) to.size[to.rank++] = from.size[i];
    else trivial = trivial && from.size[i] == 1;
  }
  if (trivial) return reshape(a, to);
  if (size_of(dtype(a)) < 4) return cast(reduce(op, cast(a, whole(dtype(a))), mask), dtype(a));  // accumulators are whole registers
  if (is_empty(from)) return constant(of_nothing(op, is_floating(dtype(a))), dtype(a), to);
  double v = 0;
  if (is_constant(a, v)) {
    std::int64_t n = 1;
    bool fixed = true;
    for (int i = 0; i < from.rank; ++i)
      if (mask >> i & 1) {
        fixed = fixed && from.size[i] >= 0;
        n *= from.size[i];
      }
    if (op == Op::sum && (v == 0 || fixed)) return constant(v == 0 ? 0 : v * static_cast<double>(n), dtype(a), to);
  }
  if (op == Op::sum && node_[a].op == Op::sum) {  // a sum of a sum is one sum
    const Shape inner = shape(node_[a].in[0]);
    unsigned merged = static_cast<unsigned>(node_[a].arg);
    int kept = 0;
    for (int i = 0; i < inner.rank; ++i)
      if ((node_[a].arg >> i & 1) == 0) merged |= (mask >> kept++ & 1) << i;
    return reduce(op, node_[a].in[0], merged);
  }
  if (const int r = op == Op::sum ? sum_of_pool_back(a, mask) : -1; r >= 0) return r;
  return emit(op, dtype(a), intern(to), a, -1, -1, mask);
}

constexpr int Builder::dot(int a, int b) {
  Shape s = shape(a);
  s.size[s.rank - 1] = shape(b).size[shape(b).rank - 1];
  if (is_empty(shape(a)) || is_empty(shape(b))) return constant(0, dtype(a), s);
  if (is_pair(a)) {
    const int re = map(Op::sub, real_dtype(dtype(a)), dot(real(a), real(b)), dot(imag(a), imag(b)));
    return pair(re, map(Op::add, dtype(re), dot(real(a), imag(b)), dot(imag(a), real(b))));
  }
  if (is_half(a)) return cast(dot(cast(a, DType::float32), cast(b, DType::float32)), dtype(a));
  if (!is_floating(dtype(a))) return dot_of_integers(a, b);
  if (s.rank == 2 && s.size[0] == 1 && s.size[1] == 1) return reshape(reduce(Op::sum, map(Op::mul, dtype(a), a, transpose(b, 0, 1)), 0b10), s);  // an inner product
  return emit(Op::dot, dtype(a), intern(s), a, b, -1, 0);
}

constexpr int Builder::complex_product(int a, unsigned mask) {
  Shape to;
  for (int axis = 0; axis < shape(a).rank; ++axis) {
    if ((mask >> axis & 1) == 0) {
      to.size[to.rank++] = shape(a).size[axis];
      continue;
    }
    int n = shape(a).size[axis];
    if (n < 0) this_operation_takes_no_complex_numbers();  // of a bounded axis
    Shape one = shape(a);
    one.size[axis] = 1;
    if (n == 0) a = constant(1, dtype(a), one);
    int rest = -1;
    for (; n > 1; n /= 2) {
      if (n % 2 == 1) {
        const int last = slice(a, axis, n - 1, 1, 1);
        rest = rest < 0 ? last : map(Op::mul, dtype(a), rest, last);
      }
      a = map(Op::mul, dtype(a), slice(a, axis, 0, n / 2, 1), slice(a, axis, n / 2, n / 2, 1));
    }
    if (rest >= 0) a = map(Op::mul, dtype(a), a, rest);
  }
  return reshape(a, to);
}

constexpr int Builder::dot_of_integers(int a, int b) {
  b = transpose(b, shape(b).rank - 2, shape(b).rank - 1);
  Shape all = shape(a);
  const int last = all.rank++;
  all.size[last] = all.size[last - 1];
  all.size[last - 1] = shape(b).size[last - 2];
  Shape rows = all, columns = all;
  rows.size[last - 1] = columns.size[last - 2] = 1;
  const int product = map(Op::mul, dtype(a), expand(reshape(a, rows), all), expand(reshape(b, columns), all));
  return reduce(Op::sum, product, 1u << last);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
