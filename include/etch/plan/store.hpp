// What is stored and what is computed again. A value another kernel wants is kept in memory, unless it is cheap to
// compute from what lies there anyway. What costs more than memory and is wanted once more waits where its reader's result will be.
#pragma once

#include <etch/plan/fuse.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// A trial of computing `n` again inside group `to`: what it costs and what it reads.
template <int N>
struct Recomputation {
  Planning<N>& p;
  Group to;
  std::int64_t whole = 0;  ///< elements of what is computed again
  int cost = 0;
  int large = 0;
  int leaf[4]{};
  int rows = 0;
  int row[8]{};  ///< one value per row that must be stored for it
  bool possible = true;

  constexpr void load(int m) {
    const int root = p.root(m);
    if (!p.add_load(to, m)) {
      possible = false;
      return;
    }
    const bool memory = p.node(root).op != Op::iota && p.node(root).op != Op::extent;
    if (memory && p.z.capacity(p.elements(root)) * 8 > whole) {
      for (int i = 0; i < large; ++i)
        if (leaf[i] == root) return;
      if (large == 4) possible = false;
      else leaf[large++] = root;
    }
  }
  constexpr void visit(int n, int depth) {
    const Node& v = p.node(n);
    cost += cost_of(v);
    if (depth > 24 || cost > 64) possible = false;
    for (int k = 0; possible && k < 3 && v.in[k] >= 0; ++k) {
      const int m = v.in[k];
      if (p.is_number(m)) continue;
      const Source s = p.source(m);
      const int root = p.root(m);
      if (is_leaf(p.node(root).op)) {
        load(m);
      } else if (p.needed[root]) {
        load(m);
      } else if (s.node == root && p.is_fused(root) && !is_reduce(p.node(root).op) && !p.solid[root] && p.elements(root) == p.elements(n)) {
        visit(root, depth + 1);
      } else if (s.node == root && p.z.capacity(p.elements(root)) * 8 <= whole && rows < 8 && p.add_load(to, m)) {
        row[rows++] = root;
      } else {
        possible = false;
      }
    }
  }
};

/// Whether `n` is worth computing again in every group that wants it; records what that needs.
template <int N>
constexpr bool recompute(Planning<N>& p, int n, const int* head, const int* next) {
  const Op op = p.node(n).op;
  if (is_reduce(op) || p.solid[n] || op == Op::dot) return false;
  int groups = 0, only = -1;
  bool own = false;
  int row[8]{}, rows = 0;
  for (int e = head[n]; e >= 0; e = next[e]) {
    const int u = e / 3;
    const int g = p.group[u] < 0 ? -1 : p.find(p.group[u]);
    if (g < 0) return false;
    if (g == p.find(p.group[n])) {
      own = true;
      continue;
    }
    if (g != only) ++groups;
    only = g;
    if (p.groups[g].elements != p.elements(n)) {
      if (p.groups[g].columns == 0 || p.z.mul(p.elements(n), p.groups[g].columns) != p.groups[g].elements) return false;
    }
    Recomputation<N> r{p, p.groups[g], p.z.capacity(p.elements(n))};
    if (p.groups[g].elements != p.elements(n)) {  // one value for each row: its loads must be of such
      r.to = Group{};
      r.to.elements = p.elements(n);
    }
    r.visit(n, 0);
    if (!r.possible || r.large > 1) return false;
    if (r.to.elements == p.groups[g].elements) p.groups[g] = r.to;
    else if (r.to.cuts != 0) return false;
    if (r.cost > 24 && (own || groups > 1)) return false;
    for (int i = 0; i < r.rows && rows < 8; ++i) row[rows++] = r.row[i];
  }
  for (int i = 0; i < rows; ++i) p.needed[row[i]] = true;
  return true;
}

/// Whether a sum over rows has made an expensive `n`, which one node alone, element by element, wants again: it is stored where that
/// one's result will lie, as a loop by hand does of softmax over columns.
template <int N>
constexpr bool keep_for_reader(Planning<N>& p, int n, const int* head, const int* next) {
  if (is_reduce(p.node(n).op) || p.solid[n] || p.placed[n] || cost_of(p.node(n)) < 8) return false;
  int reader = -1, sums = 0;
  for (int e = head[n]; e >= 0; e = next[e]) {
    const int u = e / 3;
    if (p.group[u] >= 0 && p.find(p.group[u]) == p.find(p.group[n]) && p.late[u]) ++sums;
    else if (reader >= 0) return false;
    else reader = u;
  }
  if (sums == 0 || reader < 0 || p.group[reader] < 0) return false;
  // whoever else asked for what lies between would compute it from what has been overwritten
  const int group = p.find(p.group[reader]);
  int result = reader;
  auto goes_on = [&] { return p.find(p.group[result]) == group && p.is_fused(result) && !is_reduce(p.node(result).op) && !p.solid[result] && p.elements(result) == p.elements(n); };
  while (goes_on() && !p.needed[result] && head[result] >= 0 && next[head[result]] < 0 && p.group[head[result] / 3] >= 0) result = head[result] / 3;
  if (!goes_on() || !p.needed[result] || group == p.find(p.group[n]) || p.groups[group].kind != StepKind::fused || p.node(result).dtype != p.node(n).dtype) return false;
  for (int m = 0; m < p.g.nodes; ++m)  // a row that is read twice must not be written between
    if (is_reduce(p.node(m).op) && p.group[m] >= 0 && p.find(p.group[m]) == group) return false;
  if (!p.placed[result]) {
    p.at[result] = p.dense(Root::buffer, p.buffers, 0, result);
    p.buffer_node[p.buffers++] = result;
    p.placed[result] = true;
  }
  Location l = p.at[result];
  if (!l.dense || l.offset != 0 || l.extra != 0) return false;
  p.set_dense(l, n);
  p.at[n] = l;
  return p.placed[n] = p.needed[n] = true;
}

/// Decides for every node whether it is stored (`needed`) or computed again by every kernel that wants it.
template <int N>
constexpr void choose_stored(Planning<N>& p) {
  int head[N]{}, next[3 * N]{};
  for (int n = 0; n < p.g.nodes; ++n) head[n] = -1;
  bool wanted[N]{};
  for (int n = 0; n < p.g.nodes; ++n) {
    if (p.opaque[n] || p.late[n]) p.needed[n] = true;
    if (p.placed[n] && (p.is_fused(n) || p.node(n).op == Op::dot)) p.needed[n] = true;
    if (!p.is_fused(n)) continue;
    for (int k = 0; k < 3 && p.node(n).in[k] >= 0; ++k) {
      const int m = p.node(n).in[k];
      if (p.is_number(m)) continue;
      const Source s = p.source(m);
      const int root = p.root(m);
      if (is_leaf(p.node(root).op)) continue;
      if (s.node == root && !p.solid[n]) {
        next[3 * n + k] = head[root];
        head[root] = 3 * n + k;
      }
      const bool together = !p.solid[n] && s.node == root && p.group[root] >= 0 && p.find(p.group[root]) == p.find(p.group[n]) && !p.late[root];
      if (together && (p.is_fused(root) || p.node(root).op == Op::dot)) continue;
      if (!p.solid[n] && s.node == root && p.is_fused(root) && !p.late[root]) wanted[root] = true;
      else p.needed[root] = true;
    }
  }
  for (int i = 0; i < p.g.outputs; ++i) p.needed[p.root(p.g.output[i].node)] = true;
  for (int i = 0; i < p.copy_count; ++i) p.needed[p.root(p.copies[i].node)] = true;
  for (int n = 0; n < p.g.nodes; ++n) {
    if (!wanted[n] || p.needed[n]) continue;
    if (!detail::keep_for_reader(p, n, head, next) && !detail::recompute(p, n, head, next)) p.needed[n] = true;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
