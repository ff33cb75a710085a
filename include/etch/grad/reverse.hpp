// Reverse mode: graph -> graph. Walks the nodes from last to first and adds what each sends back to its inputs.
//
//   adjoint(input) += derivative(op, which)(adjoint(node))
#pragma once

#include <etch/graph/table.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Not constexpr: reaching it in a constant expression is the error.
inline void the_gradient_of_attention_has_no_gradient_write_it_with_softmax_and_matmul() {}

/// The sum of two gradients; a slice's gradient is written into the other instead of padding it with zeros.
constexpr int accumulate(Builder& b, int old, int more) {
  if (old < 0) return more;
  if (b[old].op == Op::place && b[more].op != Op::place) {
    const int t = old;
    old = more;
    more = t;
  }
  if (b[more].op == Op::place && b.is_zero(b[more].in[0])) {
    const int axis = b.place_axis(more), step = b.place_step(more), rows = b[more].in[1];
    const std::int64_t start = b.place_start(more);
    const int below = b.slice(old, axis, start, b.shape(rows).size[axis], step);
    const int sum = b.map(Op::add, b.dtype(rows), below, rows);
    return b.place(old, sum, axis, start, step);
  }
  return b.map(Op::add, b.dtype(old), old, more);
}

/// `a` with the axes of `mask` put back and repeated to `like`.
constexpr int unreduce(Builder& b, int a, unsigned mask, const Shape& like) {
  Shape kept = like;
  for (int i = 0; i < like.rank; ++i)
    if (mask >> i & 1) kept.size[i] = 1;
  return b.expand(b.reshape(a, kept), like);
}

constexpr int transposed(Builder& b, int a) { return b.transpose(a, b.shape(a).rank - 2, b.shape(a).rank - 1); }

/// What input `which` of node `n` receives when `dy` arrives at it; -1 for nothing.
constexpr int input_gradient(Builder& b, int n, int which, int dy) {
  const Node node = b[n];
  const int in = node.in[which];
  if (is_map(node.op)) return map_derivative(b, n, which, Value{&b, dy}).id;
  switch (node.op) {
    case Op::expand: {
      const Shape from = b.shape(in), to = b.shape(n);
      unsigned mask = 0;
      for (int i = 0; i < to.rank; ++i)
        if (from.size[i] != to.size[i]) mask |= 1u << i;
      return b.reshape(b.reduce(Op::sum, dy, mask), from);
    }
    case Op::permute: {
      const int rank = b.shape(n).rank;
      int inverse[max_rank]{};
      for (int i = 0; i < rank; ++i) inverse[node.arg >> (4 * i) & 15] = i;
      // (A B)^T = B^T A^T: the product is written as it is wanted
      if (b[dy].op == Op::dot && rank >= 2 && inverse[rank - 1] == rank - 2 && inverse[rank - 2] == rank - 1) {
        bool others = true;
        for (int i = 0; i + 2 < rank; ++i) others = others && inverse[i] == i;
        if (others) return b.dot(transposed(b, b[dy].in[1]), transposed(b, b[dy].in[0]));
      }
      return b.permute(dy, inverse);
    }
    case Op::reshape: return b.reshape(dy, b.shape(in));
    case Op::slice:
      return b.place(b.constant(0, b.dtype(dy), b.shape(in)), dy, static_cast<int>(node.arg & 255), b.place_start(n), b.place_step(n));
    case Op::place: {
      const int axis = b.place_axis(n), step = b.place_step(n);
      if (which == 1) return b.slice(dy, axis, b.place_start(n), b.shape(in).size[axis], step);
      const int rows = node.in[1];
      return b.place(dy, b.constant(0, b.dtype(dy), b.shape(rows)), axis, b.place_start(n), step);
    }
    case Op::sum: return unreduce(b, dy, static_cast<unsigned>(node.arg), b.shape(in));
    case Op::prod: {
      const Value x{&b, in}, y{&b, unreduce(b, n, static_cast<unsigned>(node.arg), b.shape(in))};
      return (Value{&b, unreduce(b, dy, static_cast<unsigned>(node.arg), b.shape(in))} * y / x).id;
    }
    case Op::amax:
    case Op::amin: {  // equal extrema share the gradient
      const unsigned mask = static_cast<unsigned>(node.arg);
      const Value x{&b, in}, y{&b, unreduce(b, n, mask, b.shape(in))};
      const Value hit = compare(Op::eq, x, y).cast(b.dtype(in));
      const Value count{&b, unreduce(b, b.reduce(Op::sum, hit.id, mask), mask, b.shape(in))};
      return (Value{&b, unreduce(b, dy, mask, b.shape(in))} * hit / count).id;
    }
    case Op::dot:
      return which == 0 ? b.dot(dy, transposed(b, node.in[1])) : b.dot(transposed(b, node.in[0]), dy);
    case Op::take: return which == 0 ? b.scatter_add(node.in[1], dy, b.shape(in).size[0]) : -1;
    case Op::scatter_add: return which == 1 ? b.take(dy, node.in[0]) : -1;
    case Op::attention_lse:
    case Op::attention_grad:
    case Op::attention_dk:
    case Op::attention_dv: the_gradient_of_attention_has_no_gradient_write_it_with_softmax_and_matmul(); return -1;
    default: return -1;
  }
}

}  // namespace detail

namespace detail {

constexpr void walk(Builder& b, int begin, int end, int first);

/// A checkpoint's nodes are made once more, from its inputs, and the copy is walked in their place.
constexpr void walk_copy(Builder& b, const Region& r, const int* dy, int first) {
  int start = b.size();
  const int last = r.out[r.outputs - 1], copy = b.size();
  for (int i = 0; i < r.inputs; ++i) start = r.in[i] < start ? r.in[i] : start;
  int* image = b.image;
  for (int n = start; n <= last; ++n) image[n] = -1;
  for (int i = 0; i < r.inputs; ++i) image[r.in[i]] = b.fresh(b[r.in[i]].in[0]);
  for (int n = start; n <= last; ++n) {
    if (image[n] >= 0) continue;
    const Node v = b[n];
    int from[3] = {v.in[0], v.in[1], v.in[2]};
    bool depends = false;
    for (int& i : from)
      if (i >= start && image[i] >= 0) {
        i = image[i];
        depends = true;
      }
    if (depends) image[n] = b.node(v.op, v.dtype, Shape{b.shape(n)}, from[0], from[1], from[2], v.arg);
  }
  const int end = b.size();
  for (int n = copy; n < end; ++n) b.adjoint[n] = -2;
  for (int n = start; n <= last; ++n)
    if (image[n] >= copy && n >= first && b.adjoint[n] != -2) b.adjoint[image[n]] = -1;
  for (int k = 0; k < r.outputs; ++k)
    if (image[r.out[k]] >= copy && dy[k] >= 0) b.adjoint[image[r.out[k]]] = dy[k];
  walk(b, copy, end, first);
}

/// What arrives at a region goes on as its rule says.
constexpr void walk_region(Builder& b, const Region& r, int first) {
  int* adjoint = b.adjoint;
  int dy[Region::max_outputs]{}, dx[Region::max_inputs]{};
  bool needed[Region::max_inputs]{}, any = false;
  for (int k = 0; k < r.outputs; ++k) {
    dy[k] = adjoint[r.out[k]];
    any = any || dy[k] >= 0;
    if (dy[k] >= 0) adjoint[r.out[k]] = -1;
  }
  if (!any) return;
  if (r.rule == nullptr) return walk_copy(b, r, dy, first);
  for (int k = 0; k < r.outputs; ++k)
    if (dy[k] < 0) dy[k] = b.constant(0, b.dtype(r.out[k]), b.shape(r.out[k]));
  for (int i = 0; i < r.inputs; ++i) {
    needed[i] = r.in[i] >= first && adjoint[r.in[i]] != -2 && is_floating(b.dtype(r.in[i]));
    dx[i] = -1;
  }
  r.rule(b, r, dy, needed, dx);
  for (int i = 0; i < r.inputs; ++i)
    if (needed[i] && dx[i] >= 0) adjoint[r.in[i]] = accumulate(b, adjoint[r.in[i]], dx[i]);
}

/// Passes on what arrived at the nodes [begin, end), from last to first; below `first` nothing is asked for.
constexpr void walk(Builder& b, int begin, int end, int first) {
  int* adjoint = b.adjoint;
  for (int i = end - 1; i >= begin; --i) {
    if (const Region* r = b.region_of(i)) {
      if (i == r->out[r->outputs - 1]) walk_region(b, *r, first);
      continue;
    }
    if (adjoint[i] < 0) continue;
    const Node node = b[i];
    if (node.op == Op::attention) {
      const int q = node.in[0], k = node.in[1], v = node.in[2];
      Shape rows = b.shape(q);
      --rows.rank;
      const int lse = b.node(Op::attention_lse, DType::float32 < b.dtype(i) ? b.dtype(i) : DType::float32, rows, i, -1, -1, 0);
      const int dq = b.node(Op::attention_grad, b.dtype(i), b.shape(q), i, lse, adjoint[i], node.arg);
      const int dk = b.node(Op::attention_dk, b.dtype(i), b.shape(k), dq, -1, -1, 0);
      const int dv = b.node(Op::attention_dv, b.dtype(i), b.shape(v), dq, -1, -1, 0);
      const int parts[3] = {dq, dk, dv};
      for (int w = 0; w < 3; ++w)
        if (node.in[w] >= first && adjoint[node.in[w]] != -2) adjoint[node.in[w]] = accumulate(b, adjoint[node.in[w]], parts[w]);
      continue;
    }
    for (int k = 0; k < 3; ++k) {
      const int in = node.in[k];
      if (in < first || adjoint[in] == -2 || !is_floating(b.dtype(in))) continue;
      if ((node.op == Op::where && k == 0) || b.is_detached(i)) continue;
      const int d = input_gradient(b, i, k, adjoint[i]);
      if (d >= 0) adjoint[in] = accumulate(b, adjoint[in], d);
    }
  }
}

/// One past the last node to visit for these outputs: a region is visited whole.
constexpr int end_of(Builder& b, const int* output, int outputs) {
  int last = 0;
  for (int i = 0; i < outputs; ++i) {
    const Region* r = b.region_of(output[i]);
    const int o = r != nullptr ? r->out[r->outputs - 1] : output[i];
    last = o >= last ? o + 1 : last;
  }
  return last;
}
constexpr int first_of(const Builder& b, const int* wrt, int count) {
  int first = b.size();
  for (int i = 0; i < count; ++i) first = wrt[i] < first ? wrt[i] : first;
  return first;
}

}  // namespace detail

/// gradient[i] = d(sum of seed * output) / d(wrt[i]), over all outputs; zeros where there is no influence.
constexpr void reverse(Builder& b, const int* output, const int* seed, int outputs, const int* wrt, int count, int* gradient) {
  const int last = detail::end_of(b, output, outputs), first = detail::first_of(b, wrt, count);
  int* adjoint = b.adjoint;  // -2: no path from wrt, -1: a path, nothing arrived yet; below `first` nothing is read
  for (int i = first; i < last; ++i) adjoint[i] = -2;
  for (int i = 0; i < count; ++i) adjoint[wrt[i]] = -1;
  for (int i = first; i < last; ++i) {
    for (int k = 0; k < 3; ++k)
      if (b[i].in[k] >= first && adjoint[b[i].in[k]] != -2 && !b.is_detached(i)) adjoint[i] = -1;
    if (const Region* r = b.region_of(i))
      for (int k = 0; k < r->inputs; ++k)
        if (r->in[k] >= first && adjoint[r->in[k]] != -2) adjoint[i] = -1;
  }
  for (int i = 0; i < outputs; ++i)
    if (output[i] >= first && adjoint[output[i]] != -2) adjoint[output[i]] = adjoint[output[i]] >= 0 ? detail::accumulate(b, adjoint[output[i]], seed[i]) : seed[i];
  ++b.walks;
  detail::walk(b, first, last, first);
  --b.walks;
  for (int i = 0; i < count; ++i) {
    const int g = wrt[i] < last ? adjoint[wrt[i]] : -1;
    gradient[i] = g >= 0 ? g : b.constant(0, b.dtype(wrt[i]), b.shape(wrt[i]));
  }
}
/// The same for one output.
constexpr void reverse(Builder& b, int output, int seed, const int* wrt, int count, int* gradient) { reverse(b, &output, &seed, 1, wrt, count, gradient); }

}  // namespace ETCH_ABI
}  // namespace etch
