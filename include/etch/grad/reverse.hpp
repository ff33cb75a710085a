// Reverse mode: graph -> graph. Walks the nodes from last to first and adds what each sends back to its inputs.
//
//   adjoint(input) += derivative(op, which)(adjoint(node))
#pragma once

#include <etch/graph/table.hpp>
#include <etch/graph/window.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Not constexpr: reaching it in a constant expression is the error.
inline void the_gradient_of_ctc_loss_has_no_gradient() {}
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

/// What the base (0) or the written values (2) of a scatter receive. Where an element was written twice, each value takes
/// the whole gradient, as PyTorch's; equal extrema share it.
constexpr int scatter_gradient(Builder& b, int n, int which, int dy) {
  const Node node = b[n];
  const int axis = static_cast<int>(node.arg & 255), at = node.in[1];
  const Op op = static_cast<Op>(node.arg >> 8 & 255);
  const Value base{&b, node.in[0]}, a{&b, node.in[2]}, y{&b, n}, g{&b, dy};
  auto found = [&](Value x) { return Value{&b, b.gather(x.id, at, axis)}; };
  auto into = [&](Value x, Value rows, Op how) { return Value{&b, b.scatter(x.id, at, rows.id, axis, how)}; };
  switch (op) {
    case Op::sum: return which == 0 ? dy : found(g).id;
    case Op::prod: {  // the product of the others, also where one factor is 0
      const Value zero = compare(Op::eq, which == 0 ? base : a, (which == 0 ? base : a).number(0));
      if (which == 0) {
        const Value factor = choose(zero, base.number(1), base);
        return (g * into(factor, a, Op::prod) / factor).id;
      }
      const Value zeros = found(into(base.number(0), zero.cast(b.dtype(n)), Op::sum));
      const Value only{&b, b.map(Op::logical_and, DType::boolean, zero.id, compare(Op::eq, zeros, zeros.number(1)).id)};
      const Value others = into(base, choose(only, a.number(1), a), Op::prod);
      return choose(only, found(g * others), found(g * y) / choose(zero, a.number(1), a)).id;
    }
    case Op::amax:
    case Op::amin: {
      const Value base_hit = compare(Op::eq, base, y).cast(b.dtype(n)), hit = compare(Op::eq, a, found(y)).cast(b.dtype(n));
      const Value share = g / into(base_hit, hit, Op::sum);
      return (which == 0 ? base_hit * share : hit * found(share)).id;
    }
    default: {
      if (which == 2) return found(g).id;
      const bool back = (node.arg >> 16 & 1) != 0;
      return back ? into(g.number(0), found(g), Op::place).id : into(g, a.number(0), Op::place).id;
    }
  }
}

/// What flows into input `which` of the scan `n`: a scan from the other end. s[i] = dy[i] + a[i+1] s[i+1] is what reaches
/// y[i] through all that follows it, where y[i+1] = a[i+1] y[i] + ...; no rule divides, so that zeros are no exception.
constexpr int scan_gradient(Builder& b, int n, int which, int dy) {
  const Node node = b[n];
  const int axis = static_cast<int>(node.arg & 255);
  const bool back = (node.arg >> 8 & 1) != 0;
  auto before = [&](int a, int first) { return b.along(Op::delay, a, axis, back, -1, first); };
  auto after = [&](int a) { return b.along(Op::delay, a, axis, !back); };
  auto flow = [&](int factor) { return b.along(Op::recurrence, factor, axis, !back, dy); };
  const Value x{&b, node.in[0]}, y{&b, n};
  switch (node.op) {
    case Op::cumsum: return b.along(Op::cumsum, dy, axis, !back);
    case Op::cumprod: return (Value{&b, before(n, 1)} * Value{&b, flow(after(x.id))}).id;
    case Op::logcumsumexp: {  // y[i+1] = log(exp(y[i]) + exp(x[i+1])); equal infinities are no difference
      const auto share = [](Value part, Value whole) { return choose(compare(Op::eq, part, whole), part.number(1), apply_map(Op::exp, part - whole)); };
      return (Value{&b, flow(share(y, Value{&b, after(n)}).id)} * share(x, y)).id;
    }
    case Op::recurrence: {
      const int s = flow(after(x.id));
      return which == 1 ? s : (Value{&b, s} * Value{&b, before(n, 0)}).id;
    }
    default: return after(dy);
  }
}

/// dy times the product of all other elements: what comes before each, times what comes after it.
constexpr int product_gradient(Builder& b, int x, unsigned mask, int dy) {
  const Shape from = b.shape(x);
  int order[max_rank]{}, inverse[max_rank]{};
  int rank = 0;
  for (int reduced = 0; reduced < 2; ++reduced)
    for (int i = 0; i < from.rank; ++i)
      if (static_cast<int>(mask >> i & 1) == reduced) order[rank++] = i;
  for (int i = 0; i < rank; ++i) inverse[order[i]] = i;
  Shape rows = b.shape(dy);
  const int kept = rows.rank++;
  const int moved = b.permute(x, order);
  const Shape lines = b.shape(moved);
  rows.size[kept] = b.product(lines.size + kept, lines.rank - kept);
  const int line = b.reshape(moved, rows);
  auto others = [&](bool back) { return Value{&b, b.along(Op::delay, b.along(Op::cumprod, line, kept, back), kept, back, -1, 1)}; };
  const Value d{&b, unreduce(b, dy, 1u << kept, rows)};
  return b.permute(b.reshape((d * others(false) * others(true)).id, lines), inverse);
}

/// What the matrices of an `svd` receive. With X / E[i, j] = X[i, j] / (s[j]^2 - s[i]^2) off the diagonal, and X - X^T = skew X:
///
///   dA = U (skew(U^T dU) / E diag(s) + diag(s) skew(V^T dV) / E + diag(ds)) V^T + (I - U U^T) dU / s V^T + U (dV / s)^T (I - V V^T)
///
/// Vectors of equal singular values, or of 0, are not unique: nothing flows through that choice.
constexpr int svd_gradient(Builder& b, int n, int dy) {
  const Shape all = b.shape(n), from = b.shape(b[n].in[0]);
  const int row = all.rank - 2, m = from.size[row], k = all.size[all.rank - 1], c = from.size[row + 1];
  auto part = [&](int x, int start, int count) { return Value{&b, b.slice(x, row, start, count, 1)}; };
  auto product = [&](Value x, Value y) { return Value{&b, b.dot(x.id, y.id)}; };
  auto turned = [&](Value x) { return Value{&b, transposed(b, x.id)}; };
  const Value u = part(n, 0, m), s = part(n, m, 1), v = part(n, m + 1, c), du = part(dy, 0, m), ds = part(dy, m, 1), dv = part(dy, m + 1, c);
  auto rows = [&](Value x, int count) {  // one row, repeated
    Shape to = all;
    to.size[row] = count;
    return Value{&b, b.expand(x.id, to)};
  };
  auto over = [&](Value x, Value y) {
    const Value none = compare(Op::eq, y, y.number(0));
    return choose(none, x.number(0), x / choose(none, y.number(1), y));
  };
  const Value across = rows(s, k), down = turned(across), gap = (across - down) * (across + down);
  // U diag(ds) V^T; the rest only where vectors are differentiated
  Value inner{&b, -1};
  auto add = [&](Value x) { inner = inner.id < 0 ? x : inner + x; };
  if (!b.is_zero(du.id)) {
    const Value x = product(turned(u), du);
    add(over(x - turned(x), gap) * across);
  }
  if (!b.is_zero(dv.id)) {
    const Value x = product(turned(v), dv);
    add(over(x - turned(x), gap) * down);
  }
  Value left = u * rows(ds, m);
  if (inner.id >= 0) left = left + product(u, inner);
  Value r = product(left, turned(v));
  if (m > k && !b.is_zero(du.id)) {
    const Value x = over(du, rows(s, m));
    r = r + product(x - product(u, product(turned(u), x)), turned(v));
  }
  if (c > k && !b.is_zero(dv.id)) {
    const Value x = over(dv, rows(s, c));
    r = r + product(u, turned(x - product(v, product(turned(v), x))));
  }
  return r.id;
}

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
    case Op::window: return unwindowed(b, dy, b.shape(in).size[b.place_axis(n)], b.place_axis(n), b.window_step(n), b.window_dilation(n));
    case Op::slice: {
      const int axis = static_cast<int>(node.arg & 255), step = b.place_step(n), length = b.shape(n).size[axis];
      const int zeros = b.constant(0, b.dtype(dy), b.shape(in));
      if (step > 0) return b.place(zeros, dy, axis, b.place_start(n), step);
      return b.place(zeros, b.slice(dy, axis, length - 1, length, -1), axis, b.place_start(n) + static_cast<std::int64_t>(length - 1) * step, -step);
    }
    case Op::place: {
      const int axis = b.place_axis(n), step = b.place_step(n);
      if (which == 1) return b.slice(dy, axis, b.place_start(n), b.shape(in).size[axis], step);
      const int rows = node.in[1];
      return b.place(dy, b.constant(0, b.dtype(dy), b.shape(rows)), axis, b.place_start(n), step);
    }
    case Op::sum: return unreduce(b, dy, static_cast<unsigned>(node.arg), b.shape(in));
    case Op::prod: {
      return product_gradient(b, in, static_cast<unsigned>(node.arg), dy);
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
    case Op::checked: return dy;
    case Op::gather: return which == 0 ? b.scatter(b.constant(0, b.dtype(dy), b.shape(in)), node.in[1], dy, static_cast<int>(node.arg), Op::sum) : -1;
    case Op::scatter: return which == 1 ? -1 : scatter_gradient(b, n, which, dy);
    case Op::cumsum:
    case Op::cumprod:
    case Op::logcumsumexp:
    case Op::recurrence:
    case Op::delay: return scan_gradient(b, n, which, dy);
    case Op::ctc: {
      if ((node.arg >> 32 & 1) != 0) the_gradient_of_ctc_loss_has_no_gradient();
      const Shape all = b.shape(in);
      const Value slope{&b, b.ctc(in, node.in[1], node.in[2], static_cast<int>(node.arg & 0x7fffffff), (node.arg >> 31 & 1) != 0, true)};
      return (slope * Value{&b, b.expand(b.reshape(dy, Shape{3, {1, all.size[1], 1}}), all)}).id;
    }
    case Op::max_pool: return which == (node.in[1] < 0 ? 0 : 1) ? b.max_pool_back(node.in[0], dy, node.arg) : -1;
    case Op::max_pool_back: return which == 1 ? b.max_pool(node.in[0], dy, b.shape(node.in[1]), node.arg) : -1;
    case Op::svd: return svd_gradient(b, n, dy);
    case Op::attention_lse:
    case Op::attention_grad:
    case Op::attention_dk:
    case Op::attention_dv: the_gradient_of_attention_has_no_gradient_write_it_with_softmax_and_matmul(); return -1;
    default: return -1;
  }
}

/// Calls f with the real nodes that stand for `a`: itself; of a complex node the memory it is a view of, or its parts.
template <class F>
constexpr void real_nodes(const Builder& b, int a, F f) {
  if (!b.is_pair(a)) return f(a);
  if (const int memory = b.memory_of(a); memory >= 0) return f(memory);
  f(b[a].in[0]);
  f(b[a].in[1]);
}

constexpr void walk(Builder& b, int begin, int end, int first);
constexpr void loop_gradient(Builder& b, int n, const int* operand, const int* dy, int* dx);  // grad/loop.hpp

/// What arrived at the results of the loop node `n` goes on to its operands.
constexpr void walk_loop(Builder& b, int n, int end, int first) {
  int dy[2 * max_loop_values]{}, dx[max_loop_values]{}, operand[max_loop_values]{};
  for (int& d : dy) d = -1;
  dy[0] = b.adjoint[n];
  int last = dy[0] >= 0 ? 0 : -1;
  for (int m = n + 1; m < end; ++m)
    if (b[m].op == Op::result && b[m].in[0] == n && b.adjoint[m] >= 0) {
      const int k = static_cast<int>(b[m].arg);
      dy[k] = b.adjoint[m];
      last = k > last ? k : last;
    }
  if (last < 0) return;
  const int count = b.ref().operands(n, operand);
  int node = n;
  if (Loop l = b.loop_of(n); last >= l.results()) {  // a gradient's gradient: what was kept was a result
    l.body = nullptr;
    l.of = static_cast<int>(b[n].arg);
    l.keeps = true;
    l.rows += l.saves;
    l.saves = -1;
    node = b.add_loop(l, operand, b.dtype(n), Shape{b.shape(n)});
  }
  loop_gradient(b, node, operand, dy, dx);
  for (int i = 0; i < count; ++i) {
    const int in = operand[i];
    if (dx[i] >= 0 && in >= first && b.adjoint[in] != -2) b.adjoint[in] = accumulate(b, b.adjoint[in], dx[i]);
  }
}

/// Makes the nodes [begin, end) once more where they depend on what has an image, with the images in place of what they stand for. Below
/// `first` nothing has one.
constexpr void copy_dependents(Builder& b, int begin, int end, int first, int* image) {
  for (int n = begin; n < end; ++n) {
    if (image[n] >= 0) continue;
    const Node v = b[n];
    int from[3] = {v.in[0], v.in[1], v.in[2]};
    bool depends = false;
    for (int& i : from)
      if (i >= first && image[i] >= 0) {
        i = image[i];
        depends = true;
      }
    if (depends) image[n] = b.node(v.op, v.dtype, Shape{b.shape(n)}, from[0], from[1], from[2], v.arg);
  }
}

/// A checkpoint's nodes are made once more, from its inputs, and the copy is walked in their place.
constexpr void walk_copy(Builder& b, const Region& r, const int* dy, int first) {
  int start = b.size();
  const int last = r.out[r.outputs - 1], copy = b.size();
  for (int i = 0; i < r.inputs; ++i) start = r.in[i] < start ? r.in[i] : start;
  int* image = b.image;
  for (int n = start; n <= last; ++n) image[n] = -1;
  for (int i = 0; i < r.inputs; ++i) image[r.in[i]] = b.fresh(b[r.in[i]].in[0]);
  copy_dependents(b, start, last + 1, start, image);
  const int end = b.size();
  for (int k = 0; k < r.outputs; ++k)
    for (int n = copy; dy[k] >= 0 && n < end; ++n) b.order(n, dy[k]);
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
  if (r.copied) return walk_copy(b, r, dy, first);
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
    if (b[i].op == Op::loop) {
      walk_loop(b, i, end, first);
      continue;
    }
    if (adjoint[i] < 0 || b[i].op == Op::result) continue;
    const Node node = b[i];
    if (node.op == Op::attention) {
      const int q = node.in[0], k = node.in[1], v = node.in[2];
      Shape rows = b.shape(q);
      --rows.rank;
      const int lse = b.node(Op::attention_lse, DType::float32 < b.dtype(i) ? b.dtype(i) : DType::float32, rows, i, -1, -1, 0);
      const int all[6] = {q, k, v, i, lse, adjoint[i]};
      const int dq = b.node(Op::attention_grad, b.dtype(i), b.shape(q), b.list(all, 6, true), -1, -1, node.arg);
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

/// Calls f with the real nodes that stand for `a`, each with what stands for it in `v`, which has a's shape.
template <class F>
constexpr void real_pairs(Builder& b, int a, int v, F f) {
  if (!b.is_pair(a)) return f(a, v);
  if (const int memory = b.memory_of(a); memory >= 0) return f(memory, b.view_as_real(v));
  f(b[a].in[0], b.real(v));
  f(b[a].in[1], b.imag(v));
}
/// `a` of which part k, as `real_nodes` has them, is f(part k).
template <class F>
constexpr int from_real_nodes(Builder& b, int a, F f) {
  if (!b.is_pair(a)) return f(a);
  if (const int memory = b.memory_of(a); memory >= 0) return b.view_as_complex(f(memory));
  const int re = f(b[a].in[0]);
  return b.pair(re, f(b[a].in[1]));
}

/// One past the last node to visit for these outputs: a region is visited whole.
constexpr int end_of(Builder& b, const int* output, int outputs) {
  int last = 0;
  for (int i = 0; i < outputs; ++i)
    real_nodes(b, output[i], [&](int n) {
      const Region* r = b.region_of(n);
      const int o = r != nullptr ? r->out[r->outputs - 1] : n;
      last = o >= last ? o + 1 : last;
    });
  return last;
}
constexpr int first_node(const Builder& b, const int* wrt, int count) {
  int first = b.size();
  for (int i = 0; i < count; ++i) real_nodes(b, wrt[i], [&](int n) { first = n < first ? n : first; });
  return first;
}

/// gradient[i] = d(sum of seed * output) / d(wrt[i]), over all outputs; zeros where there is no influence. A complex number
/// counts as two real ones: its gradient is (d/d real, d/d imaginary), and so is the seed of a complex output.
constexpr void reverse(Builder& b, const int* output, const int* seed, int outputs, const int* wrt, int count, int* gradient) {
  const int last = detail::end_of(b, output, outputs), first = detail::first_node(b, wrt, count);
  int* adjoint = b.adjoint;  // -2: no path from wrt, -1: a path, nothing arrived yet; below `first` nothing is read
  for (int i = first; i < last; ++i) adjoint[i] = -2;
  for (int i = 0; i < count; ++i)
    detail::real_nodes(b, wrt[i], [&](int n) {
      if (n < last) adjoint[n] = -1;
    });
  for (int i = first; i < last; ++i) {
    for (int k = 0; k < 3; ++k)
      if (b[i].in[k] >= first && adjoint[b[i].in[k]] != -2 && !b.is_detached(i)) adjoint[i] = -1;
    if (const Region* r = b.region_of(i))
      for (int k = 0; k < r->inputs; ++k)
        if (r->in[k] >= first && adjoint[r->in[k]] != -2) adjoint[i] = -1;
  }
  for (int i = 0; i < outputs; ++i)
    detail::real_pairs(b, output[i], seed[i], [&](int n, int s) {
      if (n >= first && adjoint[n] != -2) adjoint[n] = detail::accumulate(b, adjoint[n], s);
    });
  ++b.walks;
  detail::walk(b, first, last, first);
  --b.walks;
  for (int i = 0; i < count; ++i)
    gradient[i] = detail::from_real_nodes(b, wrt[i], [&](int n) { return n < last && adjoint[n] >= 0 ? adjoint[n] : b.constant(0, b.dtype(n), b.shape(n)); });
}
/// The same for one output.
constexpr void reverse(Builder& b, int output, int seed, const int* wrt, int count, int* gradient) { reverse(b, &output, &seed, 1, wrt, count, gradient); }

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch

#include <etch/grad/loop.hpp>  // defines loop_gradient, which asks for the gradient of a body
