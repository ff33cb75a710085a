// Steps that a kernel of the library runs: the sizes it asks for and, for each operand, where it lies.
#pragma once

#include <etch/plan/lower.hpp>
#include <etch/plan/row_term.hpp>
#include <etch/plan/winograd.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <int N>
constexpr Access plain_access(Planning<N>& p, const Location& l, int n, const int* stride, int count) {
  Access a{};
  a.root = l.root;
  a.index = l.index;
  a.size = static_cast<std::uint8_t>(size_of(p.node(n).dtype));
  a.byte = l.byte + l.offset * static_cast<std::int64_t>(a.size);
  a.extra = l.extra;
  a.constant = l.root == Root::input && p.g.slot[l.index].constant;
  for (int i = 0; i < count; ++i) a.stride[i] = stride[i];
  return a;
}
/// An operand or result of a library kernel: one stride for each of its axes.
template <int N>
constexpr void add_plain_access(Planning<N>& p, PlanDraft<N>& out, int n) {
  Location l{};
  if (!p.locate(n, l)) etch_internal_shapes_differ();
  out.access[out.accesses++] = plain_access(p, l, n, l.stride, p.shape(n).rank);
}

/// The operands of a window_dot. Before them come accesses that hold numbers where others have strides: the sizes of each one's
/// axes, and, of one that is padded, the padded sizes, where what is padded begins, its sizes, and the strides of the axes when padded.
template <int N>
constexpr void add_gathered(Planning<N>& p, PlanDraft<N>& out, Step& s, const int* in) {
  Factors f[2]{};
  Access operand[2]{};
  const auto numbers = [&](const int* value, int count, int index) {
    Access a{};
    a.index = index;
    for (int i = 0; i < count; ++i) a.stride[i] = value[i];
    out.access[out.accesses++] = a;
  };
  for (int k = 0; k < 2; ++k) {
    if (!p.factorise(in[k], f[k])) etch_internal_shapes_differ();
    const int r = p.padding_of(in[k]);
    if (r < 0 || p.placed[r]) {
      operand[k] = plain_access(p, f[k].at, in[k], f[k].stride, f[k].count);
      continue;
    }
    s.arg = static_cast<std::uint64_t>(k + 1);
    int start[max_rank]{}, source = r;
    for (; p.padding[source]; source = p.node(source).in[1]) start[p.node(source).arg & 255] += static_cast<int>(p.node(source).arg >> 8 & 0xffffffffULL);
    Location l{};
    if (!p.locate(source, l)) etch_internal_shapes_differ();
    const int rank = p.shape(r).rank;
    numbers(p.shape(r).size, rank, rank);
    numbers(start, rank, 0);
    numbers(p.shape(source).size, rank, 0);
    numbers(f[k].stride, f[k].count, static_cast<int>(f[k].at.offset));
    operand[k] = plain_access(p, l, source, l.stride, rank);
  }
  for (int k = 0; k < 2; ++k) numbers(f[k].size, f[k].count, f[k].rows << 8 | f[k].columns);
  for (int k = 0; k < 2; ++k) out.access[out.accesses++] = operand[k];
}

template <int N>
constexpr void lower_library(Planning<N>& p, PlanDraft<N>& out, Lowering<N>& kernel, int g, const int* results, int count) {
  const Group& group = p.groups[g];
  const int n = group.node;
  const Node& v = p.node(n);
  if (group.kind == StepKind::checked && p.is_checked_by_readers(n)) return;
  Step s{};
  int combines = out.combines;
  if (group.kind == StepKind::dot) {
    const bool only_product = count == 0 || (count == 1 && results[0] == n);
    if (!only_product) {  // the epilogue's words come first, then the operands
      kernel.lower(g, results, count);
      kernel.write_out();
      s = kernel.step;
    }
  }
  s.kind = group.kind;
  s.dtype = v.dtype;
  s.node = n;
  s.arg = v.arg;
  s.combine = combines;
  const int first = out.accesses;
  auto dims_from = [&](const Shape& a) {
    s.dims = a.rank;
    for (int i = 0; i < a.rank; ++i) s.dim[i] = a.size[i];
  };
  switch (group.kind) {
    case StepKind::dot: {
      const Shape a = p.shape(v.in[0]), c = p.shape(n);
      if (gathers(p, n)) {
        s.kind = StepKind::window_dot;
        add_gathered(p, out, s, v.in);
        s.arg |= row_term(out.word + s.code, s.words).arg();
      } else {
        add_plain_access(p, out, v.in[0]);
        add_plain_access(p, out, v.in[1]);
      }
      if (s.words == 0) add_plain_access(p, out, n);
      dims_from(c);
      s.dim[s.dims++] = a.size[a.rank - 1];
      s.flops = 2 * p.z.capacity(p.elements(n)) * p.z.capacity(a.size[a.rank - 1]);
      break;
    }
    case StepKind::take: {
      add_plain_access(p, out, v.in[0]);
      add_plain_access(p, out, v.in[1]);
      add_plain_access(p, out, n);
      s.dims = 3;
      s.dim[0] = p.elements(v.in[1]);
      s.dim[1] = p.shape(v.in[0]).size[0];
      s.dim[2] = p.z.product(p.shape(v.in[0]), 1);
      break;
    }
    case StepKind::scatter_add: {
      add_plain_access(p, out, v.in[0]);
      add_plain_access(p, out, v.in[1]);
      add_plain_access(p, out, n);
      s.dims = 3;
      s.dim[0] = p.elements(v.in[0]);
      s.dim[1] = p.shape(n).size[0];
      s.dim[2] = p.z.product(p.shape(n), 1);
      break;
    }
    case StepKind::checked:
    case StepKind::gather:
    case StepKind::scatter: {  // the sizes of the loop, then: the axis' of `checked` and of a `gather` that checks, all elements of the result of `scatter`
      const int checked = group.kind != StepKind::checked && p.node(v.in[1]).op == Op::checked && p.is_checked_by_readers(v.in[1]) ? v.in[1] : -1;
      for (int k = 0; k < 3; ++k)
        if (v.in[k] >= 0) add_plain_access(p, out, k == 1 && checked >= 0 ? p.node(checked).in[0] : v.in[k]);
      add_plain_access(p, out, n);
      dims_from(p.shape(group.kind == StepKind::scatter ? v.in[1] : n));
      const auto size_in = [](const Node& c) { return static_cast<int>(static_cast<std::uint32_t>(c.arg >> 16)); };
      s.dim[s.dims++] = group.kind == StepKind::checked ? size_in(v) : group.kind == StepKind::gather && checked >= 0 ? size_in(p.node(checked)) : p.elements(n);
      if (checked >= 0) s.arg |= std::uint64_t{1} << 32 | (p.node(checked).arg >> 8 & 1) << 33 | (p.node(checked).arg & 255) << 40;
      break;
    }
    case StepKind::attention:
    case StepKind::attention_grad: {  // q k v out lse, and dout dq dk dv for its gradient
      const bool backward = group.kind == StepKind::attention_grad;
      int in[6] = {v.in[0], v.in[1], v.in[2], n, p.part[n][0], -1};
      if (backward) p.g.operands(n, in);
      const Shape q = p.shape(in[0]), k = p.shape(in[1]), w = p.shape(in[2]);
      for (int i = 0; i < 4; ++i) add_plain_access(p, out, in[i]);
      auto unused = [&](int like, const Shape& shape) {  // the kernel computes it anyway
        Access a{};
        a.root = Root::buffer;
        a.index = new_buffer(p, like);
        a.size = static_cast<std::uint8_t>(size_of(v.dtype));
        p.z.dense(shape, a.stride);
        out.access[out.accesses++] = a;
      };
      if (in[4] >= 0) add_plain_access(p, out, in[4]);
      else unused(in[0], q);
      if (backward) {
        add_plain_access(p, out, in[5]);
        add_plain_access(p, out, n);
        for (int i = 0; i < 2; ++i) {
          if (p.part[n][i] >= 0) add_plain_access(p, out, p.part[n][i]);
          else unused(in[1 + i], i == 0 ? k : w);
        }
      }
      s.dims = 6;
      const int sizes[6] = {q.size[0], q.size[1], q.size[2], k.size[2], q.size[3], w.size[3]};
      for (int i = 0; i < 6; ++i) s.dim[i] = sizes[i];
      s.flops = (backward ? 5 : 2) * 2 * p.z.capacity(p.elements(in[0])) * p.z.capacity(k.size[2]) / ((v.arg >> 32 & 1) != 0 ? 2 : 1);
      break;
    }
    case StepKind::loop: {  // operands, then the results that are wanted, in order
      int operand[max_loop_values]{};
      s.dims = 2;
      s.dim[0] = p.g.operands(n, operand);
      s.dim[1] = p.g.loop[v.arg].iterations;
      for (int i = 0; i < s.dim[0]; ++i) add_plain_access(p, out, operand[i]);
      add_plain_access(p, out, n);
      const std::uint64_t wanted = p.g.wanted_results(n);
      for (int k = 1; k < 64; ++k)
        for (int m = n + 1; (wanted >> k & 1) != 0 && m < p.g.nodes; ++m)
          if (p.node(m).op == Op::result && p.node(m).in[0] == n && static_cast<int>(p.node(m).arg) == k) add_plain_access(p, out, m);
      break;
    }
    case StepKind::ctc: {  // [T, N, C, numbers of targets, their columns]
      const Shape x = p.shape(v.in[0]), targets = p.shape(v.in[1]);
      for (int k = 0; k < 3; ++k) add_plain_access(p, out, v.in[k]);
      add_plain_access(p, out, n);
      s.dims = 5;
      for (int k = 0; k < 3; ++k) s.dim[k] = x.size[k];
      s.dim[3] = p.elements(v.in[1]);
      s.dim[4] = targets.rank == 2 ? targets.size[1] : 0;
      s.flops = 40 * p.z.capacity(x.size[0]) * p.z.capacity(s.dim[3]);
      break;
    }
    case StepKind::max_pool:
    case StepKind::max_pool_back: {  // [planes, height, width, the same of the result]
      const Shape x = p.shape(v.in[0]), y = p.shape(group.kind == StepKind::max_pool ? n : v.in[1]);
      for (int k = 0; k < 2; ++k)
        if (v.in[k] >= 0) add_plain_access(p, out, v.in[k]);
      add_plain_access(p, out, n);
      s.dims = 5;
      s.dim[0] = p.z.product(x, 0, x.rank - 2);
      for (int k = 0; k < 2; ++k) {
        s.dim[1 + k] = x.size[x.rank - 2 + k];
        s.dim[3 + k] = y.size[y.rank - 2 + k];
      }
      s.flops = p.z.capacity(p.elements(v.in[0]));
      break;
    }
    case StepKind::svd: {  // [matrices, M, N]
      const Shape a = p.shape(v.in[0]);
      add_plain_access(p, out, v.in[0]);
      add_plain_access(p, out, n);
      s.dims = 3;
      s.dim[0] = p.z.product(a, 0, a.rank - 2);
      s.dim[1] = a.size[a.rank - 2];
      s.dim[2] = a.size[a.rank - 1];
      s.flops = 20 * p.z.capacity(p.elements(v.in[0])) * a.size[a.rank - 1];
      break;
    }
    default: {  // along an axis: [outer, size, inner], and how many values or ranks are searched
      const Shape a = p.shape(v.in[0]);
      const int axis = static_cast<int>(v.arg & 255);
      s.dtype = p.node(v.in[0]).dtype;
      add_plain_access(p, out, v.in[0]);
      if (v.in[1] >= 0) add_plain_access(p, out, v.in[1]);
      add_plain_access(p, out, n);
      if (p.part[n][0] >= 0) add_plain_access(p, out, p.part[n][0]);
      s.dims = 4;
      s.dim[0] = p.z.product(a, 0, axis);
      s.dim[1] = a.size[axis];
      s.dim[2] = p.z.product(a, axis + 1);
      s.dim[3] = p.shape(v.in[1] >= 0 ? v.in[1] : n).size[axis];
      s.flops = p.z.capacity(p.elements(n));
    }
  }
  // a product keeps [epilogue accesses..., a, b, c]
  if (s.words == 0) s.access = first;
  s.accesses = out.accesses - s.access;
  if (is_winograd(s, out.access)) s.flops = s.flops / 9 * 3;
  s.level = group.level;
  out.step[out.steps++] = s;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
