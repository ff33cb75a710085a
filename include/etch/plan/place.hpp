// Where results lie: in the output, in a slice of something larger, or in a buffer; which views are copied and which windows are read in place.
#pragma once

#include <etch/plan/planning.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Whether the `place` n may write what a `place` below it in the chain writes too: then the order matters.
template <int N>
constexpr bool overwrites(const Planning<N>& p, int n) {
  auto axis = [&](int i) { return static_cast<int>(p.node(i).arg & 255); };
  auto start = [&](int i) { return static_cast<std::int64_t>(p.node(i).arg >> 8 & 0xffffffffULL); };
  auto step = [&](int i) { return static_cast<std::int64_t>(slice_step(p.node(i).arg)); };
  auto end = [&](int i) { return start(i) + (p.shape(p.node(i).in[1]).size[axis(i)] - 1) * step(i); };
  for (int i = p.node(n).in[0]; p.node(i).op == Op::place; i = p.node(i).in[0]) {
    if (axis(i) != axis(n)) return true;
    const bool between = step(i) == step(n) && (start(i) - start(n)) % step(n) != 0;  // of the other's elements
    if (!between && start(i) <= end(n) && start(n) <= end(i)) return true;
  }
  return false;
}

/// Lets products pad what they read: an image for each item of B's outermost batch, or for each of A's outermost columns.
template <int N>
constexpr void pad_windows(Planning<N>& p) {
  constexpr std::int64_t most_bytes = 1 << 22;  // of one padded image: each thread has one
  int hits[N]{};
  for (int n = p.g.nodes - 1; n >= 0; --n) {
    const Node& v = p.node(n);
    const bool pads = v.op == Op::place && slice_step(v.arg) == 1 && p.is_number(v.in[0]) && p.is_zero(v.in[0]);
    if (!p.gathered[n] && !((is_view(v.op) || pads) && p.users[n] > 0 && hits[n] == p.users[n])) continue;
    p.padding[n] = pads;
    ++hits[p.viewed(n)];
  }
  for (int n = 0; n < p.g.nodes; ++n) {
    if (p.node(n).op != Op::dot) continue;
    for (int k = 0; k < 2; ++k) {
      const int in = p.node(n).in[k], r = p.padding_of(in);
      if (r < 0) continue;
      const Shape& s = p.shape(r);
      Factors f{};
      const bool known = p.gathered[in] && p.factorise(in, f) && p.padding_of(p.node(n).in[1 - k]) < 0;
      const int outer = k == 0 ? f.count - f.columns : 0;
      bool fits = known && p.z.capacity(p.elements(r)) / p.z.capacity(s.size[0]) * static_cast<std::int64_t>(size_of(p.node(r).dtype)) <= most_bytes;
      fits = fits && (s.size[0] == 1 || (f.stride[outer] == p.dense_strides(r)[0] && (k == 0 || p.shape(n).rank > 2)));
      for (int i = 0; i < f.count; ++i) fits = fits && is_static(f.stride[i]) && number_of(f.stride[i]) >= 0;
      for (int i = 1; i < s.rank; ++i) fits = fits && s.size[i] >= 0;
      int source = r;
      while (p.padding[source]) source = p.node(source).in[1];
      Location l{};
      fits = fits && (!p.locate(source, l) || (l.root != Root::constant && l.root != Root::iota && l.root != Root::extent));
      for (int i = r; !fits && p.padding[i]; i = p.node(i).in[1]) p.padding[i] = false;
    }
  }
  for (int n = 0; n < p.g.nodes; ++n)
    if (p.padding[n]) p.origin[n] = Origin::view;
}

/// Finds products that read windows, and lets them find the elements that a reshape would have to copy: all windows, and what
/// is multiplied by them from the right.
template <int N>
constexpr void gather_windows(Planning<N>& p) {
  int products[N]{};
  bool any = false;
  for (int n = 0; n < p.g.nodes; ++n) {
    if (p.node(n).op != Op::dot) continue;
    bool sees[2] = {p.sees_windows(p.node(n).in[0]), p.sees_windows(p.node(n).in[1])};
    if (!sees[0] && !sees[1]) continue;
    any = sees[1] = true;
    for (int k = 0; k < 2; ++k)
      if (const int in = p.node(n).in[k]; sees[k] && p.node(in).op == Op::reshape) ++products[in];
  }
  for (int n = 0; any && n < p.g.nodes; ++n) {
    Location l{};
    Factors f{};
    if (products[n] == 0 || products[n] != p.users[n] || p.locate(n, l) || !p.factorise(n, f)) continue;
    p.gathered[n] = f.at.root != Root::constant && f.at.root != Root::iota && f.at.root != Root::extent;
  }
  if (any) pad_windows(p);
}
/// Whether a product finds the elements of an operand itself.
template <int N>
constexpr bool gathers(const Planning<N>& p, int n) {
  return p.node(n).op == Op::dot && (p.gathered[p.node(n).in[0]] || p.gathered[p.node(n).in[1]]);
}

/// Counts users and finds which nodes are written straight into something larger: slices of a `place`, and what a
/// chain of views turns into something that must be dense.
template <int N>
constexpr void place_nodes(Planning<N>& p) {
  for (int n = 0; n < p.g.nodes; ++n)
    for (int k = 0; k < 3; ++k)
      if (const int in = p.node(n).in[k]; in >= 0) ++p.users[in];
  for (int i = 0; i < p.g.outputs; ++i) {
    const int n = p.g.output[i].node;
    ++p.users[n];
  }
  gather_windows(p);
  auto writes_strided = [&](int n, const Location& l) {
    const Op op = p.node(n).op;
    const int rank = p.shape(n).rank;
    if (op == Op::place) return p.can_place(n, l);
    if (is_map(op) || op == Op::uniform) return true;
    if (gathers(p, n) && l.stride[rank - 2] == 1) return true;  // its finished tiles are turned
    if (op == Op::dot || op == Op::attention || op == Op::attention_grad || op == Op::attention_dk || op == Op::attention_dv) return l.stride[rank - 1] == 1;
    return false;
  };
  /// Whether all that reads n takes it as it lies.
  auto lies_anyhow = [&](int n) {
    const Op op = p.node(n).op;
    return p.users[n] == 1 || op == Op::attention || op == Op::attention_grad || (is_part(op) && op != Op::result);
  };
  /// Gives `n` the location `l`, passing it on to what `n` merely looks at.
  auto give = [&](auto&& self, int n, const Location& l) -> bool {
    if (p.placed[n]) return false;
    const Node& v = p.node(n);
    if (is_view(v.op)) {
      const int in = v.in[0];
      if (!lies_anyhow(in)) return false;
      Location from = l;
      if (v.op == Op::permute) {
        for (int i = 0; i < p.shape(n).rank; ++i) from.stride[v.arg >> (4 * i) & 15] = l.stride[i];
        from.dense = false;
      } else if (v.op == Op::reshape && l.dense) {
        p.set_dense(from, in);
      } else if (v.op != Op::reshape || !restride(p.z, p.shape(n), l.stride, p.shape(in), from.stride)) {
        return false;
      }
      if (!self(self, in, from)) return false;
      p.placed[n] = true;
      p.at[n] = l;
      return true;
    }
    if (!writes_strided(n, l)) return false;
    p.placed[n] = true;
    p.at[n] = l;
    return true;
  };
  for (int i = 0; i < p.g.outputs; ++i) {  // results are written where they are wanted
    const Output& o = p.g.output[i];
    if (o.effect || p.placed[o.node]) continue;
    const int n = o.node;
    const Location l = p.dense(Root::output, o.slot, o.offset, n);
    int core = n;
    while (p.node(core).op == Op::reshape) core = p.node(core).in[0];
    const Op op = p.node(core).op;
    const bool joins = op == Op::place && p.can_place(core, p.dense(Root::output, o.slot, o.offset, core));
    if (!is_view(op) && !is_leaf(op) && (op != Op::place || joins) && (!is_part(op) || op == Op::result) && !p.placed[core]) {
      p.placed[core] = true;  // dense in the same order: any kernel can, and other users may read it there
      p.at[core] = p.dense(Root::output, o.slot, o.offset, core);
    } else if (!((p.users[n] == 1 || (op == Op::permute && p.node(p.node(core).in[0]).op == Op::attention)) && give(give, n, l)) && p.node(n).op == Op::reshape && is_view(op) && !p.placed[core]) {
      Location as_it_lies{};
      if (!p.locate(n, as_it_lies)) {  // a copy is needed anyway
        p.set_solid(core, true);
        p.placed[core] = true;
        p.at[core] = p.dense(Root::output, o.slot, o.offset, core);
      }
    }
  }
  for (int n = p.g.nodes - 1; n >= 0; --n) {
    const Node& v = p.node(n);
    if (p.padding[n]) continue;
    if (v.op == Op::place) {
      if (!p.placed[n]) {
        p.placed[n] = true;
        p.at[n] = p.dense(Root::buffer, p.buffers, 0, n);
        p.buffer_node[p.buffers++] = n;
      }
      int bottom = v.in[0];
      bool copied = false;  // the chain, because something else reads a part of it: that would hide what was written before
      for (; p.node(bottom).op == Op::place; bottom = p.node(bottom).in[0]) copied = copied || p.users[bottom] != 1;
      if (p.node(v.in[0]).op == Op::place && p.users[v.in[0]] == 1) copied = !give(give, v.in[0], p.at[n]) || copied;
      if (copied || (p.node(bottom).op != Op::empty && !p.is_number(bottom))) continue;
      Location l = p.at[n];
      const int axis = static_cast<int>(v.arg & 255);
      p.shift(l, axis, static_cast<std::int64_t>(v.arg >> 8 & 0xffffffffULL));
      l.stride[axis] = p.z.mul(l.stride[axis], stride_code(slice_step(v.arg)));
      if (p.users[v.in[1]] == 1 && !overwrites(p, n)) give(give, v.in[1], l);
    } else if ((v.op == Op::reshape || (v.op == Op::permute && gathers(p, v.in[0]))) && !p.placed[n] && !p.gathered[n]) {
      Location l{};
      if (v.op == Op::permute || !p.locate(n, l)) {
        const int buffer = p.buffers;
        if (give(give, n, p.dense(Root::buffer, buffer, 0, n))) p.buffer_node[p.buffers++] = n;
      }
    }
  }
  for (int n = 0; n < p.g.nodes; ++n) {  // what no stride, or no offset, describes is copied
    if ((p.node(n).op != Op::reshape && p.node(n).op != Op::slice) || p.placed[n]) continue;
    Location l{};
    Factors f{};
    if (p.gathered[n] && p.factorise(n, f)) continue;
    p.gathered[n] = false;
    if (!p.locate(n, l)) p.set_solid(p.node(n).in[0], true);
  }
  auto wants = [&](int n, bool ok) {
    if (!ok && is_view(p.node(n).op)) p.set_solid(n, true);
  };
  for (int n = 0; n < p.g.nodes; ++n) {  // what library kernels cannot read as it lies is copied
    const Node& v = p.node(n);
    const bool by_index = v.op == Op::take || v.op == Op::scatter_add || v.op == Op::ctc || v.op == Op::svd || v.op == Op::max_pool || v.op == Op::max_pool_back || (v.op == Op::list && v.arg == 0) || is_along(v.op);
    const bool attends = v.op == Op::attention || (v.op == Op::list && v.arg != 0);
    const bool strided = v.op == Op::dot || v.op == Op::checked || v.op == Op::gather || v.op == Op::scatter;
    if (!strided && !by_index && !attends) continue;
    for (int k = 0; k < 3; ++k) {
      const int in = v.in[k];
      if (in < 0 || p.gathered[in]) continue;
      Location l{};
      const bool known = p.locate(in, l);
      const int rank = p.shape(in).rank;
      const int* dense = p.dense_strides(in);
      bool is_dense = known;
      for (int i = 0; i < rank; ++i) is_dense = is_dense && (l.stride[i] == dense[i] || p.shape(in).size[i] == 1);
      const bool memory = l.root != Root::constant && l.root != Root::iota && l.root != Root::extent;
      if (strided) wants(in, known && memory);
      if (by_index) wants(in, is_dense && memory);
      if (attends) wants(in, known && memory && (rank < 4 || l.stride[rank - 1] == 1));
    }
  }
}

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

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
