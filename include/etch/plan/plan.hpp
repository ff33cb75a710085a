// The plan of a graph: groups in order, every buffer an offset, every kernel its words; checked before it exists.
//
//   place_nodes -> fuse -> choose_stored -> lower -> stream_results -> assign_memory -> valid
#pragma once

#include <etch/plan/lower.hpp>
#include <etch/plan/memory.hpp>
#include <etch/plan/stream.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <int N>
constexpr int new_buffer(Planning<N>& p, int n) {
  p.buffer_node[p.buffers] = n;
  return p.buffers++;
}

/// Gives every stored node that has no place yet a dense buffer.
template <int N>
constexpr void assign_buffers(Planning<N>& p) {
  for (int n = 0; n < p.g.nodes; ++n) {
    if (p.placed[n] || is_leaf(p.node(n).op) || p.is_view_of(n) || p.node(n).op == Op::list) continue;
    const Op op = p.node(n).op;
    const bool library = !p.is_fused(n) && op != Op::dot;
    if (!p.needed[n] && !library) continue;
    p.at[n] = p.dense(Root::buffer, new_buffer(p, n), 0, n);
    p.placed[n] = true;
  }
}

template <int N>
constexpr Access plain_access(Planning<N>& p, const Location& l, int n, const int* stride, int count) {
  Access a{};
  a.root = l.root;
  a.index = l.index;
  a.size = static_cast<std::uint8_t>(size_of(p.node(n).dtype));
  a.byte = l.byte + l.offset * static_cast<std::int64_t>(a.size);
  a.extra = l.extra;
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
    default: {  // along an axis: [outer, size, inner], and how many values are searched
      const Shape a = p.shape(v.in[0]);
      const int axis = static_cast<int>(v.arg & 255);
      s.dtype = p.node(v.in[0]).dtype;
      add_plain_access(p, out, v.in[0]);
      if (v.in[1] >= 0) add_plain_access(p, out, v.in[1]);
      add_plain_access(p, out, n);
      s.dims = 4;
      s.dim[0] = p.z.product(a, 0, axis);
      s.dim[1] = a.size[axis];
      s.dim[2] = p.z.product(a, axis + 1);
      s.dim[3] = p.shape(n).size[axis];
      s.flops = p.z.capacity(p.elements(n));
    }
  }
  // a product keeps [epilogue accesses..., a, b, c]
  if (s.words == 0) s.access = first;
  s.accesses = out.accesses - s.access;
  s.level = group.level;
  out.step[out.steps++] = s;
}

/// Columns at a time for a loop that reads or writes along them a cache line or more apart, as a transposition does; 0: all of them.
/// Only where nothing is done once a row but reading.
template <int N>
constexpr int block_of(const Planning<N>& p, const PlanDraft<N>& out, const Step& s, std::int64_t rows, std::int64_t columns) {
  constexpr int block = 64;
  bool apart = false, within_row = true;
  for (int i = 0; i < s.accesses; ++i) {
    const Access& a = out.access[s.access + i];
    if (a.root == Root::iota || a.root == Root::scratch) continue;
    const std::int64_t bytes = p.z.capacity(a.stride[s.loop_dims - 1]) * a.size;
    apart = apart || bytes >= 64 || bytes <= -64;
  }
  if (!apart || rows == 1 || columns <= block || s.kind != StepKind::fused || s.combines > 0) return 0;
  for (int i = s.code; i < s.code + s.words; ++i) {
    const Instruction w = decode(out.word[i]);
    const auto word = static_cast<Word>(w.op);
    if (word == Word::number64) ++i;
    if (word == Word::columns) within_row = false;
    if (word == Word::row) within_row = true;
    if (word == Word::finish || word == Word::reduce || word == Word::accumulate || (word == Word::store && within_row)) return 0;
  }
  return block;
}

/// How many independent parts a fused loop has: enough to share, large enough to pay, never dependent on threads.
template <int N>
constexpr void divide(Planning<N>& p, PlanDraft<N>& out, Step& s) {
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < s.loop_dims; ++i) rows *= p.z.capacity(s.loop[i]);
  const std::int64_t columns = p.z.capacity(s.loop[s.loop_dims - 1]);
  std::int64_t words = s.words;
  const std::int64_t work = rows * columns * words;
  std::int64_t chunks = work / (1 << 20);
  chunks = chunks < 1 ? 1 : chunks > 16 ? 16 : chunks;
  s.by_column = rows < chunks;
  bool row_work = false;  // reductions along the row cannot be divided by columns, unless they end in an accumulator
  for (int i = s.code; i < s.code + s.words; ++i) {
    const Instruction w = decode(out.word[i]);
    if (w.op == static_cast<std::uint8_t>(Word::number64)) ++i;
    if (w.op == static_cast<std::uint8_t>(Word::finish)) row_work = true;
  }
  if (s.by_column && row_work) {
    bool only_accumulates = rows == 1;
    for (int i = s.code; only_accumulates && i < s.code + s.words; ++i) {
      const Instruction w = decode(out.word[i]);
      if (w.op == static_cast<std::uint8_t>(Word::number64)) {
        ++i;
        continue;
      }
      if (w.op != static_cast<std::uint8_t>(Word::finish)) continue;
      const Instruction after = decode(out.word[i + 1]);
      only_accumulates = after.op == static_cast<std::uint8_t>(Word::accumulate);
    }
    if (!only_accumulates) {
      chunks = 1;
      s.by_column = false;
    }
  }
  if (!s.by_column && rows < chunks) chunks = rows < 1 ? 1 : rows;
  if (s.by_column && columns < chunks * 64) chunks = 1;
  s.chunks = static_cast<int>(chunks);
  s.flops = rows * columns * words;
  s.block = block_of(p, out, s, rows, columns);
}

/// Writes the groups' steps, lowest level first.
template <int N>
constexpr void lower_all(Planning<N>& p, PlanDraft<N>& out) {
  Lowering<N> kernel(p, out);
  int levels = 0;
  for (int i = 0; i < p.group_count; ++i) levels = p.groups[i].level > levels ? p.groups[i].level : levels;
  for (int i = 0; i < p.copy_count; ++i) levels = p.copies[i].level > levels ? p.copies[i].level : levels;
  // results of each group, as lists
  int head[N + 1]{}, next[N + 1]{};
  for (int i = 0; i < p.group_count; ++i) head[i] = -1;
  for (int n = p.g.nodes - 1; n >= 0; --n) {
    if (p.group[n] < 0 || !p.needed[n]) continue;
    if (!p.is_fused(n) && p.node(n).op != Op::dot) continue;
    const int g = p.find(p.group[n]);
    next[n] = head[g];
    head[g] = n;
  }
  // groups and copies by level
  int by_level[2 * N + 8]{}, after[N + 1]{}, copy_by_level[2 * N + 8]{}, copy_after[2 * N + 1]{};
  for (int l = 0; l <= levels; ++l) by_level[l] = copy_by_level[l] = -1;
  for (int i = p.group_count - 1; i >= 0; --i) {
    if (p.groups[i].parent >= 0) continue;
    after[i] = by_level[p.groups[i].level];
    by_level[p.groups[i].level] = i;
  }
  for (int i = p.copy_count - 1; i >= 0; --i) {
    copy_after[i] = copy_by_level[p.copies[i].level];
    copy_by_level[p.copies[i].level] = i;
  }
  for (int level = 0; level <= levels; ++level) {
    for (int i = copy_by_level[level]; i >= 0; i = copy_after[i]) {
      Copy copies[2] = {p.copies[i], p.copies[i]};
      const int following = copy_after[i];
      const bool both = following >= 0 && p.are_halves(copies[0], p.copies[following]);
      if (both) {
        copies[1] = p.copies[following];
        i = following;
      }
      kernel.lower_copies(copies, both ? 2 : 1);
      kernel.write_out();
      kernel.step.level = level;
      divide(p, out, kernel.step);
      out.step[out.steps++] = kernel.step;
    }
    for (int g = by_level[level]; g >= 0; g = after[g]) {
      int results[max_group_nodes + 8]{};
      int count = 0;
      for (int n = head[g]; n >= 0; n = next[n]) results[count++] = n;
      if (p.groups[g].kind != StepKind::fused) {
        lower_library(p, out, kernel, g, results, count);
        continue;
      }
      if (count == 0) continue;
      kernel.lower(g, results, count);
      kernel.write_out();
      kernel.step.level = level;
      divide(p, out, kernel.step);
      for (int k = 0; k < count; ++k) {
        const int n = results[k];
        if (!p.late[n]) continue;
        Combine c;
        c.op = p.node(n).op;
        c.dtype = p.node(n).dtype;
        c.access = kernel.own_slot[n];
        c.count = p.elements(n);
        c.target = out.access[kernel.step.access + c.access];
        if (kernel.step.chunks > 1) {  // one partial result for each chunk, combined in order
          Access& a = out.access[kernel.step.access + c.access];
          a.root = Root::buffer;
          a.index = p.buffers;
          a.byte = 0;
          a.extra = 0;
          a.chunk = (p.z.capacity(c.count) * a.size + 63) / 64 * 64;
          p.buffer_node[p.buffers++] = -1 - static_cast<int>(a.chunk * kernel.step.chunks / 64);
        }
        out.combine[out.combines++] = c;
      }
      kernel.step.combines = out.combines - kernel.step.combine;
      out.step[out.steps++] = kernel.step;
    }
  }
  out.scratch_bytes = kernel.scratch_max;
}

/// Every buffer written before it is read, no two live buffers overlapping.
template <int N>
constexpr bool check(const PlanDraft<N>& d) {
  bool written[PlanDraft<N>::max_buffers]{};
  for (int s = 0; s < d.steps; ++s) {
    const Step& step = d.step[s];
    const bool library = step.kind != StepKind::fused;
    bool own[256]{};  // what the same kernel stored in an earlier pass
    for (int w = step.code; w < step.code + step.words; ++w) {
      const auto op = static_cast<Word>(d.word[w] & 255);
      const int slot = static_cast<int>(d.word[w] >> 48 & 255);
      if (op == Word::number64) ++w;
      if (op == Word::store) own[slot] = true;
      if (op != Word::load || own[slot]) continue;
      const Access& a = d.access[step.access + slot];
      if (a.root == Root::buffer && !written[a.index]) return false;
    }
    if (library) {
      const bool by_index = step.kind == StepKind::checked || step.kind == StepKind::gather || step.kind == StepKind::scatter;
      const int operands = is_along(step.kind) || by_index || step.kind == StepKind::svd || step.kind == StepKind::ctc || step.kind == StepKind::max_pool || step.kind == StepKind::max_pool_back ? step.accesses - 1 : step.kind == StepKind::loop ? step.dim[0] : step.kind == StepKind::attention ? 3 : step.kind == StepKind::attention_grad ? 6 : 2;
      const int results = step.kind == StepKind::loop ? step.accesses - step.dim[0] : step.kind == StepKind::attention ? 2 : step.kind == StepKind::attention_grad ? 3 : (step.kind == StepKind::dot || step.kind == StepKind::window_dot) && step.words != 0 ? 0 : 1;
      const int first = step.access + step.accesses - operands - results;
      for (int k = first; k < first + operands; ++k)
        if (d.access[k].root == Root::buffer && !written[d.access[k].index]) return false;
      for (int k = first + operands; k < first + operands + results; ++k)
        if (d.access[k].root == Root::buffer) written[d.access[k].index] = true;
    }
    for (int w = step.code; w < step.code + step.words; ++w) {
      const auto op = static_cast<Word>(d.word[w] & 255);
      if (op == Word::number64) ++w;
      if (op != Word::store && op != Word::accumulate) continue;
      const Access& a = d.access[step.access + static_cast<int>(d.word[w] >> 48 & 255)];
      if (a.root == Root::buffer) written[a.index] = true;
    }
    for (int k = 0; k < step.combines; ++k)
      if (d.combine[step.combine + k].target.root == Root::buffer) written[d.combine[step.combine + k].target.index] = true;
  }
  for (int i = 0; i < d.buffers; ++i) {
    const Buffer& b = d.buffer[i];
    if (b.last >= 0 && (b.offset < 0 || b.offset + b.bytes > d.arena_bytes)) return false;
  }
  // a buffer may overlap only what is dead: each is compared with those alive when it is born
  int starts[PlanDraft<N>::max_steps + 1]{}, following[PlanDraft<N>::max_buffers]{}, live[PlanDraft<N>::max_buffers]{};
  int count = 0;
  for (int s = 0; s <= d.steps; ++s) starts[s] = -1;
  for (int i = 0; i < d.buffers; ++i) {
    if (d.buffer[i].last < 0) continue;
    following[i] = starts[d.buffer[i].first];
    starts[d.buffer[i].first] = i;
  }
  for (int s = 0; s < d.steps; ++s) {
    if (starts[s] < 0) continue;
    int kept = 0;
    for (int k = 0; k < count; ++k)
      if (d.buffer[live[k]].last >= s) live[kept++] = live[k];
    count = kept;
    for (int i = starts[s]; i >= 0; i = following[i]) {
      const std::int64_t begin = d.buffer[i].offset, end = begin + d.buffer[i].bytes;
      int low = 0, high = count;  // `live` is sorted by offset: only the neighbours can overlap
      while (low < high) {
        const int middle = (low + high) / 2;
        if (d.buffer[live[middle]].offset < begin) low = middle + 1;
        else high = middle;
      }
      if (low > 0 && d.buffer[live[low - 1]].offset + d.buffer[live[low - 1]].bytes > begin) return false;
      if (low < count && d.buffer[live[low]].offset < end) return false;
      for (int k = count++; k > low; --k) live[k] = live[k - 1];
      live[low] = i;
    }
  }
  return true;
}

/// Results that no kernel could write in place are copied when everything else has run.
template <int N>
constexpr void copy_outputs(Planning<N>& p) {
  int last = 0;
  for (int i = 0; i < p.group_count; ++i) last = p.groups[i].level > last ? p.groups[i].level : last;
  for (int i = 0; i < p.copy_count; ++i) last = p.copies[i].level > last ? p.copies[i].level : last;
  for (int i = 0; i < p.g.outputs; ++i) {
    const Output& o = p.g.output[i];
    if (p.elements(o.node) == 0) continue;
    const Location l = p.dense(o.effect ? Root::input : Root::output, o.slot, o.offset, o.node);
    int core = o.node;
    while (is_view(p.node(core).op) && p.node(core).op == Op::reshape && !p.placed[core] && !p.solid[core]) core = p.node(core).in[0];
    if (!o.effect && p.placed[core] && p.at[core].root == Root::output && p.at[core].index == o.slot && p.at[core].byte == o.offset) continue;
    p.copies[p.copy_count++] = Copy{o.node, last + 1, l};
  }
}

/// The first half of planning: where results go, which nodes share a kernel, what is stored. N is at least the number
/// of the graph's nodes and of its results together.
template <int N>
constexpr Planning<N> group_graph(const GraphRef& g) {
  Planning<N> p(g);
  place_nodes(p);
  p.find_sources();
  fuse(p);
  detail::copy_outputs(p);
  choose_stored(p);
  detail::assign_buffers(p);
  return p;
}

/// The second half: kernels' words, and memory.
template <int N>
constexpr PlanDraft<N> lower_graph(Planning<N> p) {
  PlanDraft<N> out;
  detail::lower_all(p, out);
  stream_results(out);
  detail::assign_memory(p, out);
  out.symbols = p.z.symbols;
  for (int i = 0; i < p.z.symbols; ++i) out.symbol[i] = p.z.symbol[i];
  out.valid = detail::check(out);
  return out;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
