// Nodes that a kernel of the library computes as a whole: their operands lie in memory.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr int Builder::take(int table, int index) {
  if (is_pair(table)) return on_parts(table, [&](int x) { return take(x, index); });
  Shape s = shape(index);
  const Shape& t = shape(table);
  for (int i = 1; i < t.rank; ++i) s.size[s.rank++] = t.size[i];
  return emit(Op::take, dtype(table), intern(s), in_memory(table), in_memory(index), -1, 0);
}

constexpr int Builder::scatter_add(int index, int rows, int count) {
  if (is_pair(rows)) return on_parts(rows, [&](int x) { return scatter_add(index, x, count); });
  Shape s;
  s.size[s.rank++] = count;
  for (int i = shape(index).rank; i < shape(rows).rank; ++i) s.size[s.rank++] = shape(rows).size[i];
  if (is_empty(shape(index))) return constant(0, dtype(rows), s);
  if (is_half(rows)) return cast(scatter_add(index, cast(rows, DType::float32), count), dtype(rows));
  return emit(Op::scatter_add, dtype(rows), intern(s), in_memory(index), in_memory(rows), -1, 0);
}

constexpr int Builder::checked(int index, int axis, int size, bool wraps) {
  index = cast(index, DType::int64);
#if ETCH_CHECKS
  index = in_memory(index);
  const std::uint64_t arg = static_cast<std::uint64_t>(axis) | (wraps ? 256ULL : 0ULL) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(size)) << 16;
  return emit(Op::checked, DType::int64, node_[index].shape, index, -1, -1, arg);
#else
  static_cast<void>(axis);
  if (!wraps) return index;
  const Shape s = shape(index);
  return map(Op::where, DType::int64, map(Op::lt, DType::boolean, index, constant(0, DType::int64, s)), map(Op::add, DType::int64, index, expand(extent(size, DType::int64), s)), index);
#endif
}

constexpr int Builder::demand(Demand rule, Asker asker, int a, int size) {
#if ETCH_CHECKS
  double v = 0;
  const std::uint64_t arg = static_cast<std::uint64_t>(static_cast<std::uint32_t>(size)) << 16 | static_cast<std::uint64_t>(rule) << 48 | static_cast<std::uint64_t>(asker) << 56;
  if (!is_constant(a, v)) return emit(Op::checked, dtype(a), node_[a].shape, in_memory(a), -1, -1, arg);
#else
  static_cast<void>(rule), static_cast<void>(asker), static_cast<void>(size);
#endif
  return a;
}

constexpr int Builder::gather(int a, int index, int axis) {
  double v = 0;
  if (is_constant(a, v)) return constant(v, dtype(a), Shape{shape(index)});
  return emit(Op::gather, dtype(a), node_[index].shape, in_memory(a), in_memory(index), -1, static_cast<std::uint64_t>(axis));
}

constexpr int Builder::scatter(int base, int index, int a, int axis, Op op, bool back) {
  if (is_empty(shape(index)) || is_empty(shape(base)) || (op == Op::sum && is_zero(a))) return back ? detach(base) : base;
  if (is_half(base) && op != Op::place) return cast(scatter(cast(base, DType::float32), index, cast(a, DType::float32), axis, op), dtype(base));
  return emit(Op::scatter, dtype(base), node_[base].shape, expanded_in_memory(base), in_memory(index), expanded_in_memory(a),
              static_cast<std::uint64_t>(axis) | static_cast<std::uint64_t>(op) << 8 | (back ? 1ULL << 16 : 0));
}

constexpr int Builder::along(Op op, int a, int axis, bool reverse, int c, int fill) {
  const bool finds = op == Op::cummax || op == Op::cummin || op == Op::argsort || op == Op::searchsorted;
  const std::uint64_t arg = static_cast<std::uint64_t>(axis) | (reverse ? 256u : 0u) | static_cast<std::uint64_t>(fill) << 9;
  a = in_memory(a);
  if (c >= 0) c = in_memory(c);
  return emit(op, finds ? DType::int64 : dtype(a), node_[c >= 0 && op != Op::argsort ? c : a].shape, a, c, -1, arg);
}

constexpr int Builder::max_pool(int x, int v, const Shape& to, std::uint64_t window) {
  return emit(Op::max_pool, dtype(x), intern(to), expanded_in_memory(x), v < 0 ? -1 : expanded_in_memory(v), -1, window);
}

constexpr int Builder::max_pool_back(int x, int dy, std::uint64_t window) {
  return emit(Op::max_pool_back, dtype(x), node_[x].shape, expanded_in_memory(x), expanded_in_memory(dy), -1, window);
}

constexpr int Builder::positive_pool_back(int condition, int a, int otherwise) {
  const int back = before_reshape(a);
  const Node of = node_[back], positive = node_[condition];
  if (of.op != Op::max_pool_back || positive.op != Op::gt || !is_zero(positive.in[1]) || !is_zero(otherwise) || before_reshape(positive.in[0]) != before_reshape(of.in[0])) return -1;
  const Shape s = shape(of.in[1]);
  const int zero = constant(0, dtype(a), s), y = max_pool(of.in[0], -1, s, of.arg);
  return reshape(max_pool_back(of.in[0], map(Op::where, dtype(a), map(Op::gt, DType::boolean, y, zero), of.in[1], zero), of.arg), Shape{shape(a)});
}

constexpr int Builder::sum_of_pool_back(int a, unsigned mask) {
  const int back = before_reshape(a), last = shape(a).rank - 1, axis = shape(back).rank - 1;
  if (node_[back].op != Op::max_pool_back || last < 1 || (mask >> (last - 1) & 3) != 3) return -1;
  Shape s = shape(a);
  const Shape from = shape(back), dy = shape(node_[back].in[1]);
  for (int i = 0; i < 2; ++i) {
    if (s.size[last - i] != from.size[axis - i]) return -1;
    s.size[last - i] = dy.size[axis - i];
  }
  return reduce(Op::sum, reshape(node_[back].in[1], s), mask);
}

constexpr int Builder::ctc(int x, int targets, int lengths, int blank, bool zero_infinity, bool gradient) {
  if (is_half(x)) return cast(ctc(cast(x, DType::float32), targets, lengths, blank, zero_infinity, gradient), dtype(x));
  const Shape to = gradient ? Shape{shape(x)} : Shape{1, {shape(x).size[1]}};
  const std::uint64_t arg = static_cast<std::uint64_t>(blank) | (zero_infinity ? 1ULL << 31 : 0) | (gradient ? 1ULL << 32 : 0);
  return emit(Op::ctc, dtype(x), intern(to), expanded_in_memory(x), in_memory(targets), in_memory(lengths), arg);
}

constexpr int Builder::svd(int a) {
  Shape s = shape(a);
  int& rows = s.size[s.rank - 2];
  int& columns = s.size[s.rank - 1];
  const int m = rows, n = columns;
  rows = m + 1 + n;
  columns = m < n ? m : n;
  if (is_half(a)) return cast(svd(cast(a, DType::float32)), dtype(a));
  return emit(Op::svd, dtype(a), intern(s), in_memory(a), -1, -1, 0);
}

constexpr int Builder::add_loop(const Loop& l, const int* operand, DType d, const Shape& s) {
  if (loops_ == max_loops || l.operands() > max_loop_values) a_graph_has_too_many_loops_or_a_loop_too_many_operands();
  int in[max_loop_values]{};
  for (int i = 0; i < l.operands(); ++i) in[i] = expanded_in_memory(operand[i]);
  loop_[loops_] = l;
  return emit(Op::loop, d, intern(s), list(in, l.operands(), false), -1, -1, static_cast<std::uint64_t>(loops_++));
}

constexpr int Builder::list(const int* operand, int n, bool strided) {
  int more = -1;
  for (int i = (n - 1) / 2 * 2; i >= 0; i -= 2) more = emit(Op::list, DType::boolean, 0, operand[i], i + 1 < n ? operand[i + 1] : -1, more, strided ? 1 : 0);
  return more;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
