// The working state of planning: what is known about each node and each group while a plan is made.
#pragma once

#include <etch/plan/sizes.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Nodes computed by one kernel over one iteration space of `elements`, seen as rows of `columns`.
struct Group {
  int parent = -1;   ///< the group it was merged into, or -1
  int level = 0;     ///< a group reads only what groups of lower levels made
  StepKind kind = StepKind::fused;
  int node = -1;     ///< the node of a library kernel
  int elements = 0;  ///< size code of the space
  int columns = 0;   ///< size code of a row, 0 while nothing demands one
  int nodes = 0;
  bool late = false;  ///< holds an accumulator
  int cuts = 0;
  int cut[max_rank]{};  ///< elements (size codes) after which a load or store jumps
};

/// A copy that no node asks for: of a node to where it is wanted.
struct Copy {
  int node;
  int level;
  Location to;
};

/// What a fused node reads: the node behind reshapes, and whether each value serves a whole row.
struct Source {
  int node = -1;
  bool row = false;
  int columns = 1;
};

/// An operand of a product as axes of memory: [batch.., rows.., columns..], neighbours that continue each other merged.
struct Factors {
  Location at{};
  int count = 0, rows = 0, columns = 0;  ///< axes in all; those of the rows; those of the columns
  int size[max_rank]{};
  int stride[max_rank]{};
};

/// How a node comes to be: what a kernel of fused words computes, what merely looks at its input, and all else.
enum class Origin : std::uint8_t { other, fused, view };

/// Strides of a dense tensor.
struct Strides {
  int stride[max_rank]{};
};

inline constexpr int max_group_nodes = 96;

template <int N>
struct Planning {
  GraphRef g;
  Sizes z;

  int users[N]{};
  Origin origin[N]{};
  int shape_elements[max_graph_shapes]{};  ///< of each shape of the graph
  Strides shape_strides[max_graph_shapes]{};
  Source source_[N]{};                     ///< cached by `find_sources`
  bool solid[N]{};     ///< a view that is copied, because no stride describes it
  bool gathered[N]{};  ///< a reshape that no stride describes, but which only products read: they find each element themselves
  bool padding[N]{};   ///< a `place` among zeros that only such products read: they pad what they read
  bool placed[N]{};    ///< has a location given by what it is written into
  Location at[N]{};    ///< of roots: placed nodes, inputs, outputs, buffers
  int depth[N]{};      ///< kernels that must have run before
  bool feeds[N]{};     ///< is wanted by a reduction that could run in the same kernel
  int group[N]{};
  int level[N]{};
  bool late[N]{};      ///< known only when its group has finished: an accumulator
  bool needed[N]{};    ///< is stored; what is not, every group that wants it computes
  bool opaque[N]{};    ///< is read by a library kernel, so it lies in memory
  int part[N][2]{};    ///< further results of a library kernel, -1 for none: log-sum-exp; dk and dv; the elements that cummax and cummin find

  Group groups[N + 1]{};
  int group_count = 0;
  Copy copies[2 * N + 1]{};
  int copy_count = 0;
  int buffers = 0;
  int buffer_node[2 * N + 16]{};

  constexpr explicit Planning(const GraphRef& graph) : g(graph) {
    z.symbols = g.symbols;
    for (int i = 0; i < g.symbols; ++i) z.symbol[i] = g.symbol[i];
    for (int i = 0; i < g.shapes; ++i) {
      shape_elements[i] = z.product(g.shape[i]);
      z.dense(g.shape[i], shape_strides[i].stride);
    }
    for (int i = 0; i < N; ++i) group[i] = part[i][0] = part[i][1] = -1;
    for (int i = 0; i < g.nodes; ++i) {
      const Op op = g.node[i].op;
      origin[i] = is_map(op) || is_reduce(op) || op == Op::uniform ? Origin::fused : is_view(op) ? Origin::view : Origin::other;
      if (is_part(op) && op != Op::result) part[g.node[i].in[0]][op == Op::attention_dv ? 1 : 0] = i;
      if (op == Op::gather && finds_too(i)) part[g.node[i].in[1]][0] = i;
    }
  }

  constexpr const Node& node(int n) const { return g.node[n]; }
  constexpr const Shape& shape(int n) const { return g.shape_of(n); }
  constexpr int elements(int n) const { return shape_elements[node(n).shape]; }
  /// The shape a node loops over: what a reduction reads, what anything else writes.
  constexpr const Shape& loop_shape(int n) const { return is_reduce(node(n).op) ? shape(node(n).in[0]) : shape(n); }
  constexpr bool is_fused(int n) const { return origin[n] == Origin::fused; }
  constexpr bool is_view_of(int n) const { return origin[n] == Origin::view; }
  /// Makes a view a copy, or a view again.
  constexpr void set_solid(int n, bool copied) {
    solid[n] = copied;
    origin[n] = copied ? Origin::fused : Origin::view;
  }
  /// Whether a gather fetches what a running extremum of the same elements found: the scan stores it beside the place.
  constexpr bool finds_too(int n) const {
    const Node &v = node(n), &scan = node(v.in[1]);
    return v.op == Op::gather && (scan.op == Op::cummax || scan.op == Op::cummin) && scan.in[0] == v.in[0] && (scan.arg & 255) == (v.arg & 255) && v.after == 0 && (part[v.in[1]][0] < 0 || part[v.in[1]][0] == n);
  }
  /// What a view looks at.
  constexpr int viewed(int n) const { return node(n).in[node(n).op == Op::place ? 1 : 0]; }
  /// Whether all that reads these indices looks them up along an axis: it checks them as it goes, and no copy is made.
  constexpr bool is_checked_by_readers(int n) const {
    if (node(n).arg >> 48 != 0) return false;
    int readers = 0;
    for (int m = n + 1; m < g.nodes; ++m) readers += (node(m).op == Op::gather || node(m).op == Op::scatter) && node(m).in[1] == n && node(m).in[0] != n && node(m).in[2] != n ? 1 : 0;
    return readers > 0 && readers == users[n];
  }
  /// Whether the node is a number everywhere: it never lies in memory.
  constexpr bool is_number(int n) const {
    while (is_view_of(n)) n = viewed(n);
    return node(n).op == Op::constant;
  }
  /// Whether a number is 0.
  constexpr bool is_zero(int n) const {
    while (is_view_of(n)) n = viewed(n);
    return __builtin_bit_cast(double, node(n).arg) == 0;
  }
  /// The node whose memory a view looks at.
  constexpr int root(int n) const {
    while (is_view_of(n) && !placed[n]) n = viewed(n);
    return n;
  }
  constexpr int find(int i) const {
    while (groups[i].parent >= 0) i = groups[i].parent;
    return i;
  }

  /// Columns of the row a broadcast repeats each value over (trailing axes), or 0 where it is no such broadcast.
  constexpr int row_columns(int n) {
    const int in = node(n).in[0];
    const Shape& to = shape(n);
    const Shape& from = shape(in);
    int k = 0;
    while (k < from.rank && from.rank == to.rank && from.size[k] == to.size[k]) ++k;
    for (int i = k; i < from.rank; ++i)
      if (from.size[i] != 1) return 0;
    return z.product(to, k);
  }
  /// What the operand `n` of a fused node is, through views that keep the order of elements.
  constexpr const Source& source(int n) const { return source_[n]; }
  /// Finds the sources of all nodes, once it is known which views are placed or copied.
  constexpr void find_sources() {
    for (int n = 0; n < g.nodes; ++n) {
      source_[n] = Source{n, false, 1};
      if (!is_view_of(n) || placed[n]) continue;
      const int in = node(n).in[0];
      if (node(n).op == Op::reshape) {
        source_[n] = source_[in];
      } else if (node(n).op == Op::expand) {
        const int c = row_columns(n);
        if (c == 0) continue;
        source_[n] = source_[in];
        source_[n].row = true;
        source_[n].columns = z.mul(source_[in].columns, c);
      }
    }
  }

  // ---- where elements lie --------------------------------------------------------------------------------------------

  constexpr const int* dense_strides(int n) const { return shape_strides[node(n).shape].stride; }
  /// Node `n`, dense at an address.
  constexpr Location dense(Root r, int index, std::int64_t byte, int n) const {
    Location l{};
    l.root = r;
    l.index = index;
    l.byte = byte;
    set_dense(l, n);
    return l;
  }
  constexpr void set_dense(Location& l, int n) const {
    const int* stride = dense_strides(n);
    for (int i = 0; i < shape(n).rank; ++i) l.stride[i] = stride[i];
    l.dense = true;
  }
  /// Whether two copies write the even and the odd places of one tensor, or rows of it that lie beside each other: one after the other
  /// would fetch each line twice, or lines ahead that are the other's.
  constexpr bool are_halves(const Copy& a, const Copy& b) const {
    const Shape& s = shape(a.node);
    const DType d = node(root(a.node)).dtype;
    if (s.rank == 0 || d != node(root(b.node)).dtype || a.to.root != b.to.root || a.to.index != b.to.index || a.to.byte != b.to.byte || a.to.extra != b.to.extra) return false;
    const std::int64_t apart = a.to.offset < b.to.offset ? b.to.offset - a.to.offset : a.to.offset - b.to.offset;
    bool together = shape(b.node).rank == s.rank, halves = false;
    for (int i = 0; together && i < s.rank; ++i) {
      together = shape(b.node).size[i] == s.size[i] && a.to.stride[i] == b.to.stride[i];
      halves = halves || (a.to.stride[i] == 2 && s.size[i] != 1);
    }
    if (apart != 1) {
      const int last = s.rank - 1;
      halves = last > 0 && a.to.stride[last] == 1 && is_static(a.to.stride[last - 1]) && is_static(s.size[last]) && apart == s.size[last] && 2 * apart == a.to.stride[last - 1];
    }
    return together && halves;
  }
  /// The location of any node; false where a reshape cannot be addressed by strides, or a slice by one symbolic offset.
  constexpr bool locate(int n, Location& l) {
    if (placed[n] || !is_view_of(n) || padding[n]) {
      const Node& v = node(n);
      if (placed[n]) l = at[n];
      else if (v.op == Op::input) l = dense(Root::input, static_cast<int>(v.arg >> 48), static_cast<std::int64_t>(v.arg & 0xffffffffffffULL), n);
      else if (v.op == Op::constant) l = dense(Root::constant, n, 0, n);
      else if (v.op == Op::iota) l = dense(Root::iota, 0, 0, n);
      else if (v.op == Op::extent) l = dense(Root::extent, static_cast<int>(v.arg), static_cast<std::int64_t>(v.arg) * 8, n);
      else l = dense(Root::buffer, -1, 0, n);
      return true;
    }
    const Node& v = node(n);
    Location from{};
    if (!locate(v.in[0], from)) return false;
    l = from;
    if (v.op == Op::reshape && from.dense) {
      set_dense(l, n);
      return true;
    }
    l.dense = false;
    const Shape& s = shape(n);
    const Shape& f = shape(v.in[0]);
    switch (v.op) {
      case Op::permute:
        for (int i = 0; i < s.rank; ++i) l.stride[i] = from.stride[v.arg >> (4 * i) & 15];
        return true;
      case Op::expand:
        for (int i = 0; i < s.rank; ++i) l.stride[i] = i < f.rank && f.rank == s.rank && f.size[i] == s.size[i] ? from.stride[i] : 0;
        return true;
      case Op::slice: {
        const int axis = static_cast<int>(v.arg & 255);
        if (!shift(l, axis, static_cast<std::int64_t>(v.arg >> 8 & 0xffffffffULL))) return false;
        l.stride[axis] = z.mul(l.stride[axis], stride_code(slice_step(v.arg)));
        return true;
      }
      case Op::window: {
        const int axis = static_cast<int>(v.arg & 255);
        for (int i = s.rank - 1; i > axis + 1; --i) l.stride[i] = from.stride[i - 1];
        l.stride[axis + 1] = z.mul(from.stride[axis], static_cast<int>(v.arg >> 32));
        l.stride[axis] = z.mul(from.stride[axis], static_cast<int>(v.arg >> 8 & 0xffffff));
        return true;
      }
      default: return restride(z, f, from.stride, s, l.stride);
    }
  }
  /// Moves a location by `count` elements of an axis; false where that takes a second symbolic offset.
  constexpr bool shift(Location& l, int axis, std::int64_t count) {
    const int by = z.mul(l.stride[axis], static_cast<int>(count));
    l.dense = false;
    if (is_static(by)) l.offset += number_of(by);
    else if (l.extra == 0) l.extra = by;
    else return z.add(l.extra, by, l.extra);
    return true;
  }
  /// Whether the slices that a chain of `place` writes can be addressed where its result lies.
  constexpr bool can_place(int n, const Location& at) {
    for (; node(n).op == Op::place; n = node(n).in[0]) {
      Location l = at;
      if (!shift(l, static_cast<int>(node(n).arg & 255), static_cast<std::int64_t>(node(n).arg >> 8 & 0xffffffffULL))) return false;
    }
    return true;
  }

  /// Whether a view looks through overlapping windows.
  constexpr bool sees_windows(int n) const {
    for (; is_view(node(n).op); n = node(n).in[0])
      if (node(n).op == Op::window) return true;
    return false;
  }
  /// The `place` that a product pads itself and an operand of it looks through, -1 without one.
  constexpr int padding_of(int n) const {
    while (is_view(node(n).op)) n = node(n).in[0];
    return padding[n] ? n : -1;
  }
  /// An operand of a product as axes of memory; false where an axis of it is no whole axes of the view it reshapes.
  constexpr bool factorise(int n, Factors& f) {
    f = Factors{};
    const Shape& to = shape(n);
    int source = n;
    if (!locate(n, f.at)) {
      source = node(n).in[0];
      if (node(n).op != Op::reshape || !locate(source, f.at)) return false;
    }
    const Shape& from = shape(source);
    int i = from.rank - 1, size[max_rank]{}, stride[max_rank]{}, count = 0;  // innermost first
    for (int j = to.rank - 1; j >= 0; --j) {
      const int first = count;
      int done = 1;
      for (; i >= 0 && (source == n ? i == j : done != to.size[j] || from.size[i] == 1); --i) {
        if (from.size[i] == 1) continue;
        done = z.mul(done, from.size[i]);
        if (count > first && f.at.stride[i] == z.mul(stride[count - 1], size[count - 1])) {
          size[count - 1] = z.mul(size[count - 1], from.size[i]);
          continue;
        }
        if (count == max_rank) return false;
        size[count] = from.size[i];
        stride[count++] = f.at.stride[i];
      }
      if (done != to.size[j]) return false;
      if (count == first) {
        if (count == max_rank) return false;
        size[count] = 1;
        stride[count++] = 0;
      }
      if (j == to.rank - 1) f.columns = count - first;
      else if (j == to.rank - 2) f.rows = count - first;
      else if (count - first > 1) return false;
    }
    f.count = count;
    for (int k = 0; k < count; ++k) {
      f.size[k] = size[count - 1 - k];
      f.stride[k] = stride[count - 1 - k];
    }
    return true;
  }

  // ---- iteration spaces ----------------------------------------------------------------------------------------------

  /// Adds the places where a layout over the group's space jumps; false where they do not nest with the others.
  constexpr bool add_cuts(Group& to, const Shape& s, const int* stride) {
    const Blocks b = blocks_of(z, s, stride);
    int c = 1;
    for (int i = b.count - 1; i > 0; --i) {
      c = z.mul(c, b.size[i]);
      if (!add_cut(to, c)) return false;
    }
    return true;
  }
  constexpr bool add_cut(Group& to, int c) {
    int i = 0;
    for (; i < to.cuts; ++i) {
      if (to.cut[i] == c) return true;
      if (z.capacity(to.cut[i]) > z.capacity(c)) break;
    }
    if (to.cuts == max_rank - 1) return false;
    if (to.columns != 0 && to.columns != c && z.capacity(c) < z.capacity(to.columns)) return false;
    if (i > 0 && z.div(c, to.cut[i - 1]) == 0) return false;
    if (i < to.cuts && z.div(to.cut[i], c) == 0) return false;
    if (z.div(to.elements, c) == 0) return false;
    for (int k = to.cuts; k > i; --k) to.cut[k] = to.cut[k - 1];
    to.cut[i] = c;
    ++to.cuts;
    return true;
  }
  /// The cuts of reading node `n` from memory, spread over the group's space.
  constexpr bool add_load(Group& to, int n) {
    if (is_number(n)) return true;
    Location l{};
    if (!locate(n, l)) return false;
    return add_cuts(to, shape(n), l.stride);
  }
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
