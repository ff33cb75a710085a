// The gradient of a loop is a loop that runs the other way, over what the first one kept.
//
//   loop:      c, y[i] = body(c, x[i], k)                                         keeps s[i]
//   gradient:  dc, dk = body'(dc, dk, s[i], x[i], dy[i], k);  dx[i] as rows       starts with dc = what arrives, dk = 0
//
// Where a constant's gradient is a sum over iterations of products a[i]^T b[i], as that of a recurrent weight, a[i] and b[i] are rows
// instead and one product follows the loop.
//
// A trace of body' is a trace of the body and its reverse mode, in which the kept values are replaced by operands.
#pragma once

#include <etch/grad/batch.hpp>
#include <etch/grad/reverse.hpp>
#include <etch/grad/saved.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Not constexpr: reaching it in a constant expression is the error.
inline void only_loops_over_floating_values_have_a_gradient() {}

/// A body's operands and results, and what arrives at and leaves them, as nodes of one builder.
struct LoopTrace {
  int in[max_loop_values]{};
  int out[max_loop_values]{};
  int arriving[max_loop_values]{};  ///< one for each result
  int gradient[max_loop_values]{};  ///< one for each floating operand
  int base = 0;                     ///< where the nodes begin that `save` counts from
};

constexpr void trace_gradient_body(Builder& b, const Loop* table, const Loop& l, const int* in, int* out);
constexpr void trace_keeping_body(Builder& b, const Loop* table, const Loop& l, const int* in, int* out);

/// One iteration of `l`, a loop of this table.
constexpr void trace_body(Builder& b, const Loop* table, const Loop& l, const int* in, int* out) {
  if (l.of < 0) l.body(b, in, out);  // not by the pointer: with sanitizers g++ does not know that a function has an address
  else if (l.keeps) trace_keeping_body(b, table, l, in, out);
  else trace_gradient_body(b, table, l, in, out);
}

/// The body and its reverse mode, for these gradients that arrive, or for any. Either way the same nodes are made in the
/// same order, so that `save` can count them.
constexpr void trace_both(Builder& b, const Loop* table, const Loop& l, LoopTrace& t, const int* arriving) {
  t.base = b.size();
  trace_body(b, table, l, t.in, t.out);
  for (int k = 0; k < l.results(); ++k) {
    t.arriving[k] = b.placeholder(b.dtype(t.out[k]), Shape{b.shape(t.out[k])});
    if (arriving != nullptr) t.arriving[k] = arriving[k];
  }
  int wrt[max_loop_values]{};
  int count = 0;
  for (int i = 0; i < l.operands(); ++i)
    if (is_floating(b.dtype(t.in[i]))) wrt[count++] = t.in[i];
  for (int k = 0; k < l.results(); ++k)
    if (!is_floating(b.dtype(t.out[k]))) only_loops_over_floating_values_have_a_gradient();
  reverse(b, t.out, t.arriving, l.results(), wrt, count, t.gradient);
}
/// The node that `save` means: counted from the trace's first, or -1 - the number of a carried operand.
constexpr int saved_node(const LoopTrace& t, int save) { return save < 0 ? t.in[-1 - save] : t.base + save; }
/// The axes of a kept value as they lie: attention's result is read as [B, T, H, D] next, and its gradient reads it in any order.
constexpr int turned(Builder& b, Op op, int value) { return op == Op::attention ? b.transpose(value, 1, 2) : value; }
/// What is kept of the node that `save` means.
constexpr int kept_node(Builder& b, const LoopTrace& t, int save) {
  const int node = saved_node(t, save);
  return turned(b, b[node].op, node);
}

constexpr Shape row_shape(const Shape& s) {
  Shape r;
  r.rank = s.rank - 1;
  for (int i = 0; i < r.rank; ++i) r.size[i] = s.size[i + 1];
  return r;
}
constexpr bool is_stacked(const Loop& l, int operand) { return operand >= l.carried && operand < l.carried + l.stacked; }

/// A constant's gradient a^T b of one iteration that is worth its rows: a [K, M] and b [K, N] are smaller than [M, N].
struct RowProduct {
  int left = -1, right = -1;
  constexpr RowProduct() = default;
  constexpr RowProduct(const Builder& b, int gradient) {
    const Node& n = b[gradient];
    if (n.op != Op::dot || b[n.in[0]].op != Op::permute || b.shape(gradient).rank != 2) return;
    const int k = b.shape(n.in[1]).size[0], rows = b.shape(gradient).size[0], columns = b.shape(gradient).size[1];
    if (k < 0 || rows < 0 || columns < 0 || static_cast<std::int64_t>(rows) * columns <= static_cast<std::int64_t>(k) * (rows + columns)) return;
    left = b[n.in[0]].in[0];
    right = n.in[1];
  }
  constexpr bool found() const { return left >= 0; }
};
/// Which floating stacked operand's gradient `node` is, counted among those; or -1.
constexpr int row_of_gradient(const LoopTrace& t, const Loop& f, int stacked, int node) {
  for (int s = 0; s < stacked; ++s)
    if (t.gradient[f.carried + s] == node) return s;
  return -1;
}
/// Which operand of the gradient's loop holds `node` as rows: a kept value or a stacked operand, counted from the first kept one; or -1.
constexpr int rows_of_value(const LoopTrace& t, const Loop& f, int node) {
  for (int k = 0; k < f.saves; ++k)
    if (saved_node(t, f.save[k]) == node) return k;
  for (int s = 0; s < f.stacked; ++s)
    if (t.in[f.carried + s] == node) return f.saves + s;
  return -1;
}

/// The body of `l`, the gradient of a loop f: operands dc, dk, saved, x, dy, k; results dc, dk, dx.
constexpr void trace_gradient_body(Builder& b, const Loop* table, const Loop& l, const int* in, int* out) {
  const Loop& f = table[l.of];
  const int saved = l.carried, x = saved + f.saves, dy = x + f.stacked, k0 = l.carried + l.stacked;
  LoopTrace t;
  int arriving[max_loop_values]{};
  for (int c = 0; c < f.carried; ++c) {
    t.in[c] = b.placeholder(b.dtype(in[c]), Shape{b.shape(in[c])});
    arriving[c] = in[c];
  }
  for (int s = 0; s < f.stacked; ++s) t.in[f.carried + s] = in[x + s];
  for (int k = 0; k < f.constants; ++k) t.in[f.carried + f.stacked + k] = in[k0 + k];
  for (int r = 0; r < f.rows; ++r) arriving[f.carried + r] = in[dy + r];
  trace_both(b, table, f, t, arriving);
  // the saved values come from outside, and what depends on them is made once more
  const int end = b.size();
  int image[max_body_nodes]{};
  for (int n = 0; n < end; ++n) image[n] = -1;
  for (int k = 0; k < f.saves; ++k) {
    const int node = saved_node(t, f.save[k]);
    image[node] = turned(b, b[node].op, in[saved + k]);
  }
  copy_dependents(b, t.base, end, 0, image);
  auto made = [&](int gradient) { return image[gradient] >= 0 ? image[gradient] : gradient; };
  int g = 0;
  for (int c = 0; c < f.carried; ++c) out[c] = made(t.gradient[g++]);
  int row = l.carried, sum = f.carried;
  for (int s = 0; s < f.stacked; ++s)
    if (is_floating(b.dtype(in[x + s]))) out[row++] = made(t.gradient[g++]);
  const int stacked = row - l.carried;
  for (int k = 0; k < f.constants; ++k) {
    if (!is_floating(b.dtype(in[k0 + k]))) continue;
    const int gradient = t.gradient[g++];
    if (const RowProduct product(b, gradient); product.found()) {
      if (row_of_gradient(t, f, stacked, product.left) < 0) out[row++] = made(product.left);
      if (rows_of_value(t, f, product.right) < 0) out[row++] = made(product.right);
    } else {
      out[sum] = b.map(Op::add, b.dtype(in[sum]), in[sum], made(gradient));
      ++sum;
    }
  }
}

/// The body of `l`, which is a loop f whose kept values are rows too.
constexpr void trace_keeping_body(Builder& b, const Loop* table, const Loop& l, const int* in, int* out) {
  const Loop& f = table[l.of];
  LoopTrace t;
  for (int i = 0; i < f.operands(); ++i) t.in[i] = in[i];
  trace_both(b, table, f, t, nullptr);
  for (int k = 0; k < f.results(); ++k) out[k] = t.out[k];
  for (int k = 0; k < f.saves; ++k) out[f.results() + k] = kept_node(b, t, f.save[k]);
}

/// What arrives at a loop node's results goes on to its operands: dx[i] for operand i, -1 for nothing.
constexpr void loop_gradient(Builder& b, int n, const int* operand, const int* dy, int* dx) {
  Loop& f = b.loop_of(n);
  BuilderStorage<max_body_nodes> storage;
  Builder inner(storage);
  inner.training = f.training;
  inner.autocast = f.autocast;
  LoopTrace t;
  for (int i = 0; i < f.operands(); ++i) {
    const Shape s = inner.shape_from(b.ref(), is_stacked(f, i) ? row_shape(b.shape(operand[i])) : b.shape(operand[i]));
    t.in[i] = i < f.carried ? inner.placeholder(b.dtype(operand[i]), s) : inner.input(inner.add_slot(SlotKind::tensor, b.dtype(operand[i]), s), 0, b.dtype(operand[i]), s);
  }
  trace_both(inner, b.ref().loop, f, t, nullptr);
  int gradients = 0;
  for (int i = 0; i < f.operands(); ++i) gradients += is_floating(b.dtype(operand[i])) ? 1 : 0;
  if (f.saves < 0) {
    SavedValues cut(inner);
    for (int c = 0; c < f.carried; ++c) cut.fixed[t.in[c]] = true;
    for (int k = 0; k < f.results(); ++k) cut.late[t.arriving[k]] = true;
    cut.mark(t.gradient, gradients);
    f.saves = cut.choose(f.save);
    for (int k = 0; k < f.saves; ++k) {
      int node = f.save[k] - t.base;
      for (int c = 0; c < f.carried; ++c) node = f.save[k] == t.in[c] ? -1 - c : node;
      f.save[k] = node;
    }
  }
  Loop g{};
  g.of = static_cast<int>(b[n].arg);
  g.iterations = f.iterations;
  g.constants = f.constants;
  g.stacked = f.saves + f.stacked + f.rows;
  g.carried = f.carried;
  g.stream = f.stream;
  g.reversed = !f.reversed;
  g.training = f.training;
  g.autocast = f.autocast;
  g.saves = -1;
  int in[max_loop_values]{};
  int count = 0;
  auto arriving = [&](int k) {
    if (dy[k] >= 0) return dy[k];
    const Shape s = b.shape_from(inner.ref(), inner.shape(t.out[k]));
    return b.constant(0, inner.dtype(t.out[k]), k < f.carried ? s : with_leading(f.iterations, s));
  };
  for (int c = 0; c < f.carried; ++c) in[count++] = arriving(c);
  int stacked = 0;
  for (int i = f.carried; i < f.carried + f.stacked; ++i) stacked += is_floating(b.dtype(operand[i])) ? 1 : 0;
  const int first_constant = f.carried + f.stacked;
  RowProduct product[max_loop_values]{};  // of the constants
  bool sums[max_loop_values]{};           // those whose gradient adds up instead
  for (int i = first_constant, k = f.carried + stacked; i < f.operands(); ++i) {
    if (!is_floating(b.dtype(operand[i]))) continue;
    product[i] = RowProduct(inner, t.gradient[k++]);
    sums[i] = !product[i].found();
  }
  for (int i = first_constant; i < f.operands(); ++i) {
    if (!sums[i]) continue;
    in[count++] = b.constant(0, b.dtype(operand[i]), Shape{b.shape(operand[i])});
    ++g.carried;
  }
  for (int k = 0; k < f.saves; ++k) {
    const int node = kept_node(inner, t, f.save[k]);
    in[count++] = b.result(n, f.results() + k, inner.dtype(node), with_leading(f.iterations, b.shape_from(inner.ref(), inner.shape(node))));
  }
  for (int i = f.carried; i < f.carried + f.stacked; ++i) {
    in[count++] = operand[i];
    g.rows += is_floating(b.dtype(operand[i])) ? 1 : 0;
  }
  for (int k = f.carried; k < f.results(); ++k) in[count++] = arriving(k);
  for (int i = f.carried + f.stacked; i < f.operands(); ++i) in[count++] = operand[i];
  // results: dc, dk, dx, and the rows of products
  int owner[max_loop_values]{}, rows[max_loop_values][2]{};  // of a product: the results, or -1 - the operand after the carried ones
  int results = 0;
  for (int i = 0; i < f.carried; ++i) owner[results++] = i;
  for (int i = first_constant; i < f.operands(); ++i)
    if (sums[i]) owner[results++] = i;
  const int first_row = results;
  for (int i = f.carried; i < f.carried + f.stacked; ++i)
    if (is_floating(b.dtype(operand[i]))) owner[results++] = i;
  int extra[max_loop_values]{}, extras = 0;  // nodes of the body
  for (int i = first_constant; i < f.operands(); ++i) {
    if (!product[i].found()) continue;
    const int same = row_of_gradient(t, f, stacked, product[i].left), kept = rows_of_value(t, f, product[i].right);
    if (same < 0) extra[extras++] = product[i].left;
    rows[i][0] = same >= 0 ? first_row + same : results + extras - 1;
    if (kept < 0) extra[extras++] = product[i].right;
    rows[i][1] = kept >= 0 ? -1 - kept : results + extras - 1;
  }
  g.rows += extras;
  if (g.carried + g.rows > max_loop_values) a_graph_has_too_many_loops_or_a_loop_too_many_operands();
  for (int i = 0; i < f.operands(); ++i) dx[i] = -1;
  int node = -1;
  for (int k = 0; k < results; ++k) {
    const int i = owner[k];
    const Shape s = b.shape(operand[i]);
    dx[i] = k == 0 ? (node = b.add_loop(g, in, b.dtype(operand[i]), s)) : b.result(node, k, b.dtype(operand[i]), s);
  }
  const auto all_rows = [&](int at) {  // [iterations, K, ..] as one matrix
    int r = -1;
    if (at < 0) r = in[g.carried - 1 - at];
    else if (at < results) r = dx[owner[at]];
    else r = b.result(node, at, inner.dtype(extra[at - results]), with_leading(f.iterations, b.shape_from(inner.ref(), inner.shape(extra[at - results]))));
    const Shape s = b.shape(r);
    return b.reshape(r, Shape{2, {b.product(s.size, 2), s.size[2]}});
  };
  for (int i = first_constant; i < f.operands(); ++i)
    if (product[i].found()) dx[i] = b.dot(b.transpose(all_rows(rows[i][0]), 0, 1), all_rows(rows[i][1]));
}

/// Makes the program of one iteration of loop `which` in a graph: an input for each operand, an output for each carried
/// result and for each other that the graph reads.
constexpr void trace_loop(Builder& b, const GraphRef& g, int which) {
  const Loop& l = g.loop[which];
  int node = 0, operand[max_loop_values]{};
  while (g.node[node].op != Op::loop || static_cast<int>(g.node[node].arg) != which) ++node;
  g.operands(node, operand);
  b.training = l.training;
  b.autocast = l.autocast;
  LoopTrace t;
  for (int i = 0; i < l.operands(); ++i) {
    const DType d = g.node[operand[i]].dtype;
    const Shape s = b.shape_from(g, is_stacked(l, i) ? row_shape(g.shape_of(operand[i])) : g.shape_of(operand[i]));
    const int slot = b.add_slot(SlotKind::tensor, d, s);
    if (i >= l.carried + l.stacked) b.set_constant(slot);
    t.in[i] = b.input(slot, 0, d, s);
  }
  const std::uint64_t wanted = g.wanted_results(node);
  if ((wanted >> l.results()) == 0) {
    trace_body(b, g.loop, l, t.in, t.out);
  } else {
    trace_both(b, g.loop, l, t, nullptr);
  }
  int slot = 0;
  for (int c = 0; c < l.carried; ++c) b.output(t.out[c], slot++);
  for (int k = l.carried; k < l.results() + (l.saves > 0 ? l.saves : 0); ++k)
    if (wanted >> k & 1) b.output(k < l.results() ? t.out[k] : kept_node(b, t, l.save[k - l.results()]), slot++);
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
