// A computation done for many values at once: every node that depends on what varies gets one more leading axis.
//
//   from (an unbatched value), to [N, ...]  ->  what is made of it [N, ...]
//
// Jacobians are linear maps, made for one direction, batched over all of them.
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr Shape with_leading(int size, const Shape& s) {
  Shape r;
  r.rank = s.rank + 1;
  r.size[0] = size;
  for (int i = 0; i < s.rank; ++i) r.size[i + 1] = s.size[i];
  return r;
}

/// Not constexpr: reaching it in a constant expression is the error.
inline void jacobians_do_not_go_through_loops_yet() {}

struct Batch {
  Builder& b;
  int size;

  constexpr bool varies(int n, int first) const { return n >= first && b.image[n] >= 0; }
  /// A node with the leading axis, repeated along it where it does not vary.
  constexpr int lifted(int n, int first) const {
    if (varies(n, first)) return b.image[n];
    const Shape s = with_leading(size, b.shape(n));
    return b[n].op == Op::empty ? b.empty(s, b.dtype(n)) : b.expand(n, s);
  }
  /// Axis 0 moved behind `to` others, and back.
  constexpr int axis_to(int n, int to) const {
    int order[max_rank]{};
    for (int i = 0; i < b.shape(n).rank; ++i) order[i] = i < to ? i + 1 : i == to ? 0 : i;
    return b.permute(n, order);
  }
  constexpr int axis_from(int n, int from) const {
    int order[max_rank]{};
    for (int i = 0; i < b.shape(n).rank; ++i) order[i] = i == 0 ? from : i <= from ? i - 1 : i;
    return b.permute(n, order);
  }

  constexpr int node(int n, int first) const {
    const Node v = b[n];
    const Shape shape = with_leading(size, b.shape(n));
    int in[3] = {-1, -1, -1};
    if (is_map(v.op)) {
      for (int k = 0; k < 3; ++k)
        if (v.in[k] >= 0) in[k] = lifted(v.in[k], first);
      if (v.op == Op::cast) return b.is_detached(n) ? b.detach(in[0]) : b.cast(in[0], v.dtype);
      return b.map(v.op, v.dtype, in[0], in[1], in[2]);
    }
    const int x = v.in[0] >= 0 && varies(v.in[0], first) ? b.image[v.in[0]] : -1;
    switch (v.op) {
      case Op::expand: return b.expand(x, shape);
      case Op::reshape: return b.reshape(x, shape);
      case Op::permute: {
        int order[max_rank]{};
        for (int i = 1; i < shape.rank; ++i) order[i] = static_cast<int>(v.arg >> (4 * (i - 1)) & 15) + 1;
        return b.permute(x, order);
      }
      case Op::slice: {
        const int axis = b.place_axis(n) + 1;
        return b.slice(x, axis, b.place_start(n), shape.size[axis], b.place_step(n));
      }
      case Op::window: {
        const int axis = b.place_axis(n) + 1;
        return b.window(x, axis, shape.size[axis], shape.size[axis + 1], b.window_step(n), b.window_dilation(n));
      }
      case Op::place: return b.place(lifted(v.in[0], first), lifted(v.in[1], first), b.place_axis(n) + 1, b.place_start(n), b.place_step(n));
      case Op::sum:
      case Op::prod:
      case Op::amax:
      case Op::amin: return b.reduce(v.op, x, static_cast<unsigned>(v.arg) << 1);
      case Op::dot: {
        if (x >= 0 && !varies(v.in[1], first) && b.shape(v.in[1]).rank == 2) {  // many rows times one matrix
          const Shape s = b.shape(x);
          return b.reshape(b.dot(b.reshape(x, Shape{2, {b.product(s.size, s.rank - 1), s.size[s.rank - 1]}}), v.in[1]), shape);
        }
        return b.dot(lifted(v.in[0], first), lifted(v.in[1], first));
      }
      case Op::take:
        if (x >= 0 && !varies(v.in[1], first)) return axis_from(b.take(axis_to(x, 1), v.in[1]), b.shape(v.in[1]).rank);
        break;
      case Op::scatter_add:
        if (x < 0) return axis_from(b.scatter_add(v.in[0], axis_to(lifted(v.in[1], first), b.shape(v.in[0]).rank), b.shape(n).size[0]), 1);
        break;
      case Op::checked: return b.node(v.op, v.dtype, shape, x, -1, -1, v.arg);
      default: break;
    }
    return one_by_one(n, first);
  }
  /// What has no better way: computed for each index of the leading axis, and joined.
  constexpr int one_by_one(int n, int first) const {
    const Node v = b[n];
    if (v.op == Op::list) jacobians_do_not_go_through_loops_yet();
    const Shape one = b.shape(n);
    int r = b.empty(with_leading(size, one), v.dtype);
    for (int i = 0; i < size; ++i) {
      int in[3] = {v.in[0], v.in[1], v.in[2]};
      for (int k = 0; k < 3; ++k)
        if (in[k] >= 0 && varies(in[k], first)) in[k] = b.reshape(b.slice(b.image[in[k]], 0, i, 1, 1), b.shape(v.in[k]));
      r = b.place(r, b.reshape(b.node(v.op, v.dtype, one, in[0], in[1], in[2], v.arg), with_leading(1, one)), 0, i, 1);
    }
    return r;
  }
};

/// `output` with `to[i]`, of one more leading axis of `size`, in place of each from[i].
constexpr int batched(Builder& b, int output, const int* from, const int* to, int count, int size) {
  int first = output + 1;
  for (int i = 0; i < count; ++i) first = from[i] < first ? from[i] : first;
  const detail::Batch batch{b, size};
  for (int i = first; i <= output; ++i) b.image[i] = -1;
  for (int i = 0; i < count; ++i)
    if (from[i] <= output) b.image[from[i]] = to[i];
  for (int i = first; i <= output; ++i) {
    if (b.image[i] >= 0) continue;
    bool depends = false;
    for (int k = 0; k < 3; ++k) depends = depends || batch.varies(b[i].in[k], first);
    if (depends) b.image[i] = batch.node(i, first);
  }
  return batch.lifted(output, first);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
