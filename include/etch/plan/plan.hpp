// The plan of a graph: groups in order, every buffer an offset, every kernel its words; checked before it exists.
//
//   place_nodes -> fuse -> choose_stored -> lower -> stream_results -> share_words -> assign_memory -> valid
#pragma once

#include <etch/plan/check.hpp>
#include <etch/plan/divide.hpp>
#include <etch/plan/library_steps.hpp>
#include <etch/plan/memory.hpp>
#include <etch/plan/stream.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

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
  // products that the next level reads: the last of their level, so that the caches hold what they made
  bool soon[N + 1]{};
  for (int n = 0; n < p.g.nodes; ++n) {
    if (p.node(n).op != Op::dot) continue;
    const int g = p.find(p.group[n]);
    for (int m = n + 1; m < p.g.nodes && !soon[g]; ++m)
      for (int k = 0; p.level[m] == p.groups[g].level + 1 && !p.is_view_of(m) && k < 3 && p.node(m).in[k] >= 0; ++k) soon[g] = soon[g] || p.root(p.node(m).in[k]) == n;
  }
  // groups and copies by level
  int by_level[2 * N + 8]{}, after[N + 1]{}, copy_by_level[2 * N + 8]{}, copy_after[2 * N + 1]{};
  for (int l = 0; l <= levels; ++l) by_level[l] = copy_by_level[l] = -1;
  for (const bool last : {true, false}) {
    for (int i = p.group_count - 1; i >= 0; --i) {
      if (p.groups[i].parent >= 0 || soon[i] != last) continue;
      after[i] = by_level[p.groups[i].level];
      by_level[p.groups[i].level] = i;
    }
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
      kernel.step.backwards = kernel.step.chunks > 1 && out.steps > 0 && !out.step[out.steps - 1].backwards;
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

/// Steps with equal words name the same ones, so that the compiler is asked for each kernel once.
template <int N>
constexpr void share_words(PlanDraft<N>& d) {
  constexpr int table = 2 * PlanDraft<N>::max_steps;
  int found[table]{};  // 1 + a step, by its words
  int kept = 0;
  for (int s = 0; s < d.steps; ++s) {
    Step& step = d.step[s];
    if (step.words == 0) continue;
    const std::uint64_t* const words = d.word + step.code;
    std::uint64_t h = 0;
    for (int w = 0; w < step.words; ++w) h = (h ^ words[w]) * 0x9E3779B97F4A7C15ULL;
    int at = static_cast<int>((h >> 33) % static_cast<std::uint64_t>(table));
    for (; found[at] != 0; at = at + 1 == table ? 0 : at + 1) {
      const Step& other = d.step[found[at] - 1];
      bool same = other.words == step.words;
      for (int w = 0; same && w < step.words; ++w) same = d.word[other.code + w] == words[w];
      if (same) break;
    }
    if (found[at] != 0) {
      step.code = d.step[found[at] - 1].code;
      continue;
    }
    found[at] = s + 1;
    for (int w = 0; w < step.words; ++w) d.word[kept + w] = words[w];
    step.code = kept;
    kept += step.words;
  }
  d.words = kept;
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
  share_words(out);
  detail::assign_memory(p, out);
  out.symbols = p.z.symbols;
  for (int i = 0; i < p.z.symbols; ++i) out.symbol[i] = p.z.symbol[i];
  out.valid = detail::check(out);
  return out;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
