// Which nodes one kernel computes. Nodes are taken in order; each joins the group that makes what it reads, if both
// loop over the same elements, and opens a group one level later if not.
//
//   level(n) = max over inputs of level(input)      where input and n share a kernel
//                              or level(input) + 1  where memory lies between them
//
// Groups of one level never read each other, so joining two of them can never make a cycle.
#pragma once

#include <etch/plan/place.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Elements in the row that a reduction consumes: its trailing axes; 0 where it reduces others.
template <int N>
constexpr int reduced_columns(Planning<N>& p, int n) {
  const Shape& s = p.shape(p.node(n).in[0]);
  int c = 1, i = s.rank - 1;
  for (; i >= 0 && ((p.node(n).arg >> i & 1) != 0 || s.size[i] == 1); --i) c = p.z.mul(c, s.size[i]);
  for (; i >= 0; --i)
    if ((p.node(n).arg >> i & 1) != 0 && s.size[i] != 1) return 0;
  return c;
}

/// The lowest level at which each node could run, if every kernel could take in everything it meets.
template <int N>
constexpr void measure_depth(Planning<N>& p) {
  for (int n = 0; n < p.g.nodes; ++n) {
    const Node& v = p.node(n);
    int d = is_leaf(v.op) ? 0 : 1;
    for (int k = 0; k < 3 && v.in[k] >= 0; ++k) {
      if (p.is_view_of(n)) {
        d = p.depth[v.in[k]];
      } else if (p.is_fused(n)) {
        const Source s = p.source(v.in[k]);
        const bool joins = (p.is_fused(s.node) && !(is_reduce(p.node(s.node).op) && reduced_columns(p, s.node) == 0)) || p.node(s.node).op == Op::dot;
        const int root = joins ? s.node : p.root(v.in[k]);
        const int at = p.depth[root] + (joins || is_leaf(p.node(root).op) ? 0 : 1);
        d = at > d ? at : d;
      } else {
        const int at = p.depth[p.root(v.in[k])] + (is_part(v.op) || v.op == Op::place ? 0 : 1);
        d = at > d ? at : d;
      }
    }
    p.depth[n] = d;
  }
  for (int n = p.g.nodes - 1; n >= 0; --n) {
    if (!p.is_fused(n)) continue;
    const bool reduces = is_reduce(p.node(n).op);
    if (!reduces && !p.feeds[n]) continue;
    for (int k = 0; k < 3 && p.node(n).in[k] >= 0; ++k) {
      const Source s = p.source(p.node(n).in[k]);
      if (p.depth[s.node] == p.depth[n]) p.feeds[s.node] = true;
    }
  }
}

/// Whether the groups can be one, `a`; makes them one if so. A product takes in pointwise work alone, as a part of its epilogue.
template <int N>
constexpr bool merge(Planning<N>& p, int& a, int b) {
  if (a == b) return true;
  if (p.groups[b].kind == StepKind::dot) {
    const int product = b;
    b = a;
    a = product;
  }
  Group& x = p.groups[a];
  Group& y = p.groups[b];
  if (x.level != y.level || y.kind != StepKind::fused) return false;
  if (x.kind != StepKind::fused && (x.kind != StepKind::dot || y.columns != 0 || y.late)) return false;
  if (x.elements != y.elements || x.nodes + y.nodes > max_group_nodes) return false;
  if (x.columns != 0 && y.columns != 0 && x.columns != y.columns) return false;
  Group joined = x;
  joined.columns = x.columns != 0 ? x.columns : y.columns;
  if (joined.columns != 0 && joined.columns != joined.elements && !p.add_cut(joined, joined.columns)) return false;
  for (int i = 0; i < joined.cuts; ++i)
    if (joined.columns != 0 && joined.cut[i] != joined.columns && p.z.capacity(joined.cut[i]) < p.z.capacity(joined.columns)) return false;
  for (int i = 0; i < y.cuts; ++i)
    if (!p.add_cut(joined, y.cut[i])) return false;
  joined.nodes += y.nodes;
  joined.late = x.late || y.late;
  x = joined;
  y.parent = a;
  return true;
}

/// Whether `n` can be computed inside group `t`; changes the group to hold it if so.
template <int N>
constexpr bool join(Planning<N>& p, int t, int n) {
  Group trial = p.groups[t];
  if (trial.nodes >= max_group_nodes) return false;
  const Node& v = p.node(n);
  const bool reduces = is_reduce(v.op);
  const int loop = p.z.product(p.loop_shape(n));
  // a group of values that one per row turns out to be wanted: its elements become rows
  bool element = loop == trial.elements;
  if (!element) {
    const bool row = trial.columns != 0 && p.z.mul(loop, trial.columns) == trial.elements;
    if (!row) {
      int columns = 0;
      for (int k = 0; k < 3 && v.in[k] >= 0; ++k) {
        const Source s = p.source(v.in[k]);
        if (s.row && p.is_fused(s.node) && p.group[s.node] >= 0 && p.find(p.group[s.node]) == t) columns = s.columns;
      }
      if (columns == 0 || trial.columns != 0 || trial.late || trial.kind != StepKind::fused || p.z.mul(trial.elements, columns) != loop) return false;
      for (int i = 0; i < trial.cuts; ++i) trial.cut[i] = p.z.mul(trial.cut[i], columns);
      trial.elements = loop;
      trial.columns = columns;
      if (columns != loop && !p.add_cut(trial, columns)) return false;
      element = true;
    }
  }
  for (int k = 0; k < 3 && v.in[k] >= 0; ++k) {
    if (p.solid[n]) {
      const bool placed = p.placed[n];
      p.set_solid(n, false);
      p.placed[n] = false;  // where it lies, not where it is copied to
      const bool ok = p.add_load(trial, n);
      p.set_solid(n, true);
      p.placed[n] = placed;
      if (!ok) return false;
      break;
    }
    const Source s = p.source(v.in[k]);
    const bool inside = (p.is_fused(s.node) || p.node(s.node).op == Op::dot) && p.group[s.node] >= 0 && p.find(p.group[s.node]) == t && !p.late[s.node];
    if (inside) {
      const int value = p.elements(s.node);
      const bool is_row = value != trial.elements;
      if (element) {
        if (is_row && (!s.row || s.columns != trial.columns)) return false;
        if (!is_row && s.row) return false;
      } else if (!is_row || s.row) {
        return false;
      }
    } else if (element) {
      if (!p.add_load(trial, v.in[k])) return false;
    } else {  // one value for each row: the load jumps between rows only
      Group rows;
      rows.elements = loop;
      if (!p.add_load(rows, v.in[k])) return false;
      for (int i = 0; i < rows.cuts; ++i)
        if (!p.add_cut(trial, p.z.mul(rows.cut[i], trial.columns))) return false;
    }
  }
  bool late = false;
  if (reduces) {
    const int columns = element ? reduced_columns(p, n) : 0;
    bool row = columns != 0 && trial.kind == StepKind::fused && (trial.columns == 0 || trial.columns == columns);
    for (int i = 0; row && i < trial.cuts; ++i) row = p.z.capacity(trial.cut[i]) >= p.z.capacity(columns);
    if (row) {
      trial.columns = columns;
      if (columns != trial.elements && !p.add_cut(trial, columns)) return false;
    } else {  // an accumulator over rows, known when the group has finished
      if (trial.kind != StepKind::fused) return false;
      const Shape& from = p.loop_shape(n);
      int stride[max_rank]{};
      int step = 1;
      for (int i = from.rank - 1; i >= 0; --i) {
        if (v.arg >> i & 1) continue;
        stride[i] = step;
        step = p.z.mul(step, from.size[i]);
      }
      if (element) {
        if (!p.add_cuts(trial, from, stride)) return false;
      } else {
        Group rows;
        rows.elements = loop;
        if (!p.add_cuts(rows, from, stride)) return false;
        for (int i = 0; i < rows.cuts; ++i)
          if (!p.add_cut(trial, p.z.mul(rows.cut[i], trial.columns))) return false;
      }
      late = true;
      trial.late = true;
    }
  }
  if (p.placed[n] && !late) {
    if (element && !reduces) {
      if (!p.add_cuts(trial, p.shape(n), p.at[n].stride)) return false;
    } else {  // one value for each row: the store jumps between rows only
      Group rows;
      rows.elements = p.elements(n);
      if (!p.add_cuts(rows, p.shape(n), p.at[n].stride)) return false;
      for (int i = 0; i < rows.cuts; ++i)
        if (!p.add_cut(trial, p.z.mul(rows.cut[i], trial.columns))) return false;
    }
  }
  ++trial.nodes;
  p.groups[t] = trial;
  p.group[n] = t;
  p.level[n] = trial.level;
  p.late[n] = late;
  return true;
}

template <int N>
constexpr int new_group(Planning<N>& p, int n, int level, StepKind kind, int elements) {
  Group& g = p.groups[p.group_count];
  g.level = level;
  g.kind = kind;
  g.node = n;
  g.elements = elements;
  return p.group_count++;
}

/// The level of the kernel after which `n` can be read from memory.
template <int N>
constexpr int ready(Planning<N>& p, int n) {
  return p.level[p.root(n)];
}

/// The first level that may hold `n`.
template <int N>
constexpr int earliest(Planning<N>& p, int n) {
  return p.node(n).after > 0 ? ready(p, p.node(n).after - 1) + 1 : 1;
}

template <int N>
constexpr void fuse_node(Planning<N>& p, int n) {
  const Node& v = p.node(n);
  int together = earliest(p, n), apart = together;
  for (int k = 0; k < 3 && v.in[k] >= 0; ++k) {
    const Source s = p.source(v.in[k]);
    const int from_memory = is_leaf(p.node(p.root(v.in[k])).op) ? 1 : ready(p, v.in[k]) + 1;
    apart = from_memory > apart ? from_memory : apart;
    const bool may_join = !p.solid[n] && p.group[s.node] >= 0 && !p.late[s.node] && (p.is_fused(s.node) || (p.node(s.node).op == Op::dot && !p.feeds[n] && !is_reduce(v.op)));
    const int at = may_join ? p.level[s.node] : from_memory;
    together = at > together ? at : together;
  }
  int target = -1;
  bool possible = true;
  for (int k = 0; k < 3 && v.in[k] >= 0; ++k) {
    const Source s = p.source(v.in[k]);
    if (p.solid[n] || p.group[s.node] < 0 || p.level[s.node] != together || p.late[s.node]) continue;
    if (!p.is_fused(s.node) && p.node(s.node).op != Op::dot) continue;
    const int i = p.find(p.group[s.node]);
    if (target < 0) target = i;
    else possible = possible && merge(p, target, i);
  }
  if (possible && target >= 0 && join(p, target, n)) return;
  const int level = target >= 0 ? apart : together;
  // a sibling that reads the same memory
  const int loop = p.z.product(p.loop_shape(n));
  for (int i = p.group_count - 1; i >= 0 && i >= p.group_count - 24; --i) {
    const Group& g = p.groups[i];
    if (g.parent >= 0 || g.level != level || g.kind != StepKind::fused || g.elements != loop || g.node < 0) continue;
    bool shares = false;
    for (int k = 0; k < 3 && v.in[k] >= 0; ++k)
      for (int j = 0; j < 3 && p.node(g.node).in[j] >= 0; ++j) shares = shares || (p.root(v.in[k]) == p.root(p.node(g.node).in[j]) && !p.is_number(v.in[k]));
    if (shares && join(p, i, n)) return;
  }
  const int t = new_group(p, n, level, StepKind::fused, loop);
  if (!join(p, t, n)) etch_internal_shapes_differ();
}

/// Gives every node that computes something a group and a level.
template <int N>
constexpr void fuse(Planning<N>& p) {
  detail::measure_depth(p);
  for (int n = 0; n < p.g.nodes; ++n) {
    const Node& v = p.node(n);
    if (p.is_fused(n)) {
      detail::fuse_node(p, n);
      continue;
    }
    if (is_leaf(v.op) || p.is_view_of(n)) {
      p.level[n] = is_leaf(v.op) ? 0 : p.level[p.viewed(n)];
      continue;
    }
    if (v.op == Op::gather && p.finds_too(n)) {
      p.group[n] = p.group[v.in[1]];
      p.level[n] = p.level[v.in[1]];
      continue;
    }
    int level = detail::earliest(p, n);
    for (int k = 0; k < 3; ++k) {
      if (v.in[k] < 0) continue;
      const int root = p.root(v.in[k]);
      const int at = is_leaf(p.node(root).op) ? 1 : p.level[root] + 1;
      level = at > level ? at : level;
      p.opaque[root] = true;
    }
    if (v.op == Op::list) {  // has no kernel: what reads it comes after what it names
      p.level[n] = level - 1;
      continue;
    }
    if (is_part(v.op)) {
      p.group[n] = p.group[v.in[0]];
      p.level[n] = p.level[v.in[0]];
      continue;
    }
    if (v.op == Op::place) {
      // the base is copied (or filled) first, then what is not written in place already
      int bottom = v.in[0];
      while (p.node(bottom).op == Op::place) bottom = p.node(bottom).in[0];
      const bool trivial = p.node(bottom).op == Op::empty || p.is_number(bottom);
      int after = 0;
      if (p.node(v.in[0]).op == Op::empty) {
      } else if (p.node(v.in[0]).op == Op::place && p.placed[v.in[0]] && p.at[v.in[0]].root == p.at[n].root && p.at[v.in[0]].index == p.at[n].index && p.users[v.in[0]] == 1) {
        after = p.level[v.in[0]];
      } else {
        after = p.is_number(v.in[0]) ? 0 : detail::ready(p, v.in[0]) + 1;
        p.copies[p.copy_count++] = Copy{v.in[0], after, p.at[n]};
      }
      const int a = v.in[1];
      const bool written = trivial && p.placed[a] && p.users[a] == 1 && p.at[a].root == p.at[n].root && p.at[a].index == p.at[n].index;
      int done = detail::ready(p, a);
      if (!written) {
        const int together = p.copy_count > 0 ? p.copies[p.copy_count - 1].level : 0;
        done = (done > after ? done : after) + 1;
        Location l = p.at[n];
        const int axis = static_cast<int>(v.arg & 255);
        p.shift(l, axis, static_cast<std::int64_t>(v.arg >> 8 & 0xffffffffULL));
        l.stride[axis] = p.z.mul(l.stride[axis], stride_code(slice_step(v.arg)));
        // the other half of the columns is copied in the same loop
        if (trivial && together == after && detail::ready(p, a) < together && p.are_halves(p.copies[p.copy_count - 1], Copy{a, done, l})) done = together;
        p.copies[p.copy_count++] = Copy{a, done, l};
      }
      p.level[n] = done > after ? done : after;
      continue;
    }
    StepKind kind = StepKind::attention_grad;
    switch (v.op) {
      case Op::dot: kind = StepKind::dot; break;
      case Op::take: kind = StepKind::take; break;
      case Op::scatter_add: kind = StepKind::scatter_add; break;
      case Op::checked: kind = StepKind::checked; break;
      case Op::gather: kind = StepKind::gather; break;
      case Op::scatter: kind = StepKind::scatter; break;
      case Op::ctc: kind = StepKind::ctc; break;
      case Op::max_pool: kind = StepKind::max_pool; break;
      case Op::max_pool_back: kind = StepKind::max_pool_back; break;
      case Op::svd: kind = StepKind::svd; break;
      case Op::attention: kind = StepKind::attention; break;
      case Op::loop: kind = StepKind::loop; break;
      default:
        if (is_along(v.op)) kind = static_cast<StepKind>(static_cast<int>(StepKind::cumsum) + static_cast<int>(v.op) - static_cast<int>(Op::cumsum));
    }
    p.group[n] = detail::new_group(p, n, level, kind, p.elements(n));
    p.level[n] = level;
    if (v.op == Op::dot) {  // an epilogue sees rows of the finished block
      Group& g = p.groups[p.group[n]];
      const int columns = p.shape(n).size[p.shape(n).rank - 1];
      if (columns != g.elements) p.add_cut(g, columns);
      g.columns = columns;
    }
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
