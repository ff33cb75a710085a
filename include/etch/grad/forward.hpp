// Forward mode: graph -> graph. Walks the nodes from first to last and adds the tangent of each.
//
//   tangent(node) = sum over inputs of derivative(op, which)(tangent(input))
//
// A pointwise rule is linear in what flows, so the table serves both modes. Any other rule L^T is turned around by asking
// reverse mode for its own derivative: d/dv <L^T v, t> = L t, whatever v is.
#pragma once

#include <etch/grad/reverse.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

constexpr int sum_of(Builder& b, int old, int more) { return old < 0 ? more : more < 0 ? old : b.map(Op::add, b.dtype(old), old, more); }

/// Not constexpr: reaching it in a constant expression is the error.
inline void loops_have_no_forward_mode_use_reverse_mode() {}
constexpr void no_tangents_of_loops(Builder& b, int n, int first) {
  int operand[max_loop_values]{};
  const int count = b.ref().operands(n, operand);
  for (int i = 0; i < count; ++i)
    if (operand[i] >= first && b.image[operand[i]] >= 0) loops_have_no_forward_mode_use_reverse_mode();
}

/// What node `n` adds to its tangent when its input `which` moves by `dx`.
constexpr int tangent_part(Builder& b, int n, int which, int dx) {
  const Node node = b[n];
  if (node.op == Op::where && which == 0) return -1;
  if (node.op == Op::cast) return b.cast(dx, node.dtype);
  if (is_map(node.op)) return map_derivative(b, n, which, Value{&b, dx}).id;
  if (node.op == Op::attention) the_gradient_of_attention_has_no_gradient_write_it_with_softmax_and_matmul();
  const int v = b.placeholder(b.dtype(n), b.shape(n));
  const int transposed = input_gradient(b, n, which, v);
  if (transposed < 0) return -1;
  int r = -1;
  reverse(b, transposed, dx, &v, 1, &r);
  return r;
}

/// The tangents of a region's outputs, by its rule turned around.
constexpr void region_tangents(Builder& b, const Region& r, int* tangent) {
  int v[Region::max_outputs]{}, dx[Region::max_inputs]{}, from[Region::max_inputs]{}, seed[Region::max_inputs]{}, dy[Region::max_outputs]{};
  bool needed[Region::max_inputs]{};
  for (int k = 0; k < r.outputs; ++k) v[k] = b.placeholder(b.dtype(r.out[k]), b.shape(r.out[k]));
  for (int i = 0; i < r.inputs; ++i) {
    needed[i] = tangent[r.in[i]] >= 0;
    dx[i] = -1;
  }
  r.rule(b, r, v, needed, dx);
  int count = 0;
  for (int i = 0; i < r.inputs; ++i)
    if (needed[i] && dx[i] >= 0) {
      from[count] = dx[i];
      seed[count++] = tangent[r.in[i]];
    }
  if (count > 0) reverse(b, from, seed, count, v, r.outputs, dy);
  for (int k = 0; k < r.outputs; ++k) tangent[r.out[k]] = count > 0 ? dy[k] : -1;
}

/// How `output[k]` moves when every wrt[i] moves by direction[i]: the product of the Jacobian and a vector.
constexpr void forward(Builder& b, const int* output, int outputs, const int* wrt, const int* direction, int count, int* moved) {
  const int last = detail::end_of(b, output, outputs), first = detail::first_node(b, wrt, count);
  int* tangent = b.image;  // -1: does not move; below `first` nothing is read
  for (int i = first; i < last; ++i) tangent[i] = -1;
  for (int i = 0; i < count; ++i)
    detail::real_pairs(b, wrt[i], direction[i], [&](int n, int d) {
      if (n < last) tangent[n] = d;
    });
  ++b.walks;
  for (int i = first; i < last; ++i) {
    if (const Region* r = b.region_of(i); r != nullptr && !r->transparent) {
      if (i == r->out[r->outputs - 1]) detail::region_tangents(b, *r, tangent);
      continue;
    }
    if (tangent[i] >= 0 || !is_floating(b.dtype(i)) || b.is_detached(i)) continue;
    if (b[i].op == Op::loop) detail::no_tangents_of_loops(b, i, first);
    for (int k = 0; k < 3; ++k) {
      const int in = b[i].in[k];
      if (in >= first && tangent[in] >= 0) tangent[i] = detail::sum_of(b, tangent[i], detail::tangent_part(b, i, k, tangent[in]));
    }
  }
  --b.walks;
  for (int k = 0; k < outputs; ++k)
    moved[k] = detail::from_real_nodes(b, output[k], [&](int n) { return n >= first && tangent[n] >= 0 ? tangent[n] : b.constant(0, b.dtype(n), b.shape(n)); });
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
