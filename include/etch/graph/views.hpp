// Views and placed slices: views of views are one view, and what was placed is read back without its copy.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr int Builder::expand(int a, const Shape& to) {
  if (shape(a) == to) return a;
  if (is_pair(a)) return on_parts(a, [&](int x) { return expand(x, to); });
  double v = 0;
  if (is_constant(a, v) && node_[a].op != Op::constant) a = constant(v, dtype(a));
  if (shape(a).rank < to.rank && node_[a].op != Op::constant) {
    Shape s;
    s.rank = to.rank;
    const int missing = to.rank - shape(a).rank;
    for (int i = 0; i < to.rank; ++i) s.size[i] = i < missing ? 1 : shape(a).size[i - missing];
    a = reshape(a, s);
    if (s == to) return a;
  }
  if (node_[a].op == Op::expand) a = node_[a].in[0];
  return emit(Op::expand, dtype(a), intern(to), a, -1, -1, 0);
}

constexpr int Builder::permute(int a, const int* order) {
  if (is_pair(a)) return on_parts(a, [&](int x) { return permute(x, order); });
  const Shape from = shape(a);
  Shape to;
  to.rank = from.rank;
  std::uint64_t arg = 0;
  bool same = true;
  for (int i = 0; i < from.rank; ++i) {
    to.size[i] = from.size[order[i]];
    arg |= static_cast<std::uint64_t>(order[i]) << (4 * i);
    same = same && order[i] == i;
  }
  if (same) return a;
  double v = 0;
  if (is_constant(a, v)) return constant(v, dtype(a), to);
  if (node_[a].op == Op::permute) {
    int composed[max_rank]{};
    for (int i = 0; i < from.rank; ++i) composed[i] = static_cast<int>(node_[a].arg >> (4 * order[i]) & 15);
    return permute(node_[a].in[0], composed);
  }
  return emit(Op::permute, dtype(a), intern(to), a, -1, -1, arg);
}

constexpr int Builder::transpose(int a, int i, int j) {
  int order[max_rank]{};
  for (int k = 0; k < shape(a).rank; ++k) order[k] = k == i ? j : k == j ? i : k;
  return permute(a, order);
}

constexpr int Builder::reshape(int a, const Shape& to) {
  if (shape(a) == to) return a;
  if (is_pair(a)) return on_parts(a, [&](int x) { return reshape(x, to); });
  if (node_[a].op == Op::reshape) return reshape(node_[a].in[0], to);
  double v = 0;
  if (node_[a].op == Op::expand && is_constant(a, v)) return constant(v, dtype(a), to);
  return emit(Op::reshape, dtype(a), intern(to), a, -1, -1, 0);
}

constexpr int Builder::slice(int a, int axis, std::int64_t start, int length, int step) {
  Shape s = shape(a);
  if (length == 1) step = 1;
  if (start == 0 && step == 1 && s.size[axis] == length) return a;
  if (is_pair(a)) return on_parts(a, [&](int x) { return slice(x, axis, start, length, step); });
  s.size[axis] = length;
  double v = 0;
  if (is_constant(a, v)) return constant(v, dtype(a), s);
  const std::uint64_t arg = slice_arg(axis, start, step);
  if (node_[a].op == Op::slice && place_axis(a) == axis) return slice(node_[a].in[0], axis, place_start(a) + start * place_step(a), length, step * place_step(a));
  // reading back what `place` wrote, or beside it
  if (node_[a].op == Op::place && step == 1 && place_step(a) == 1 && place_axis(a) == axis) {
    const int written = node_[a].in[1];
    const std::int64_t begin = place_start(a), end = begin + shape(written).size[axis];
    if (start == begin && start + length == end) return written;
    if (start >= end || start + length <= begin) return slice(node_[a].in[0], axis, start, length, step);
  }
  return emit(Op::slice, dtype(a), intern(s), a, -1, -1, arg);
}

constexpr int Builder::window(int a, int axis, int count, int size, int step, int dilation) {
  if (is_pair(a)) return on_parts(a, [&](int x) { return window(x, axis, count, size, step, dilation); });
  const Shape from = shape(a);
  Shape to = from;
  ++to.rank;
  for (int i = to.rank - 1; i > axis + 1; --i) to.size[i] = from.size[i - 1];
  to.size[axis] = count;
  to.size[axis + 1] = size;
  double v = 0;
  if (is_constant(a, v)) return constant(v, dtype(a), to);
  const int reach = (size - 1) * dilation + 1;
  if (size == 1) return reshape(slice(a, axis, 0, count, step), to);
  if (count == 1) return reshape(slice(a, axis, 0, size, dilation), to);
  if (reach <= step && count * step <= from.size[axis]) {  // nothing overlaps: whole steps, of each some elements
    Shape steps = to;
    steps.size[axis + 1] = step;
    return slice(reshape(slice(a, axis, 0, count * step, 1), steps), axis + 1, 0, size, dilation);
  }
  return emit(Op::window, dtype(a), intern(to), a, -1, -1, static_cast<std::uint64_t>(axis) | static_cast<std::uint64_t>(step) << 8 | static_cast<std::uint64_t>(dilation) << 32);
}

constexpr int Builder::place(int base, int a, int axis, std::int64_t start, int step) {
  if (shape(base) == shape(a) && step == 1) return a;
  if (is_pair(base)) {
    const int re = place(real(base), real(a), axis, start, step);
    return pair(re, place(imag(base), imag(a), axis, start, step));
  }
  if (is_empty(shape(a)) || (is_zero(base) && is_zero(a))) return base;
  if (node_[base].op == Op::place && place_axis(base) == axis && place_start(base) == start && place_step(base) == step && shape(node_[base].in[1]) == shape(a))
    return place(node_[base].in[0], a, axis, start, step);  // hides what was written there
  base = uncovered(base, a, axis, start, step);
  return emit(Op::place, dtype(a), node_[base].shape, base, a, -1, slice_arg(axis, start, step));
}

constexpr int Builder::uncovered(int base, int a, int axis, std::int64_t start, int step) {
  if (step != 1) return base;
  std::int64_t covered = shape(a).size[axis];
  int at = base;
  for (; node_[at].op == Op::place && place_axis(at) == axis && place_step(at) == 1; at = node_[at].in[0]) {
    const std::int64_t begin = place_start(at), size = shape(node_[at].in[1]).size[axis];
    if (start < begin + size && begin < start + shape(a).size[axis]) return base;  // overlaps
    covered += size;
  }
  if (!is_zero(at) || covered != shape(base).size[axis]) return base;
  return rebase(base, axis, empty(shape(base), dtype(base)));
}

constexpr int Builder::rebase(int chain, int axis, int base) {
  if (node_[chain].op != Op::place) return base;
  const int below = rebase(node_[chain].in[0], axis, base);
  return emit(Op::place, dtype(chain), node_[chain].shape, below, node_[chain].in[1], -1, node_[chain].arg);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
