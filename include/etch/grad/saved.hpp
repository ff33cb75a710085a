// What a body must keep for its gradient: the cheapest set of values from which, with the operands, all that the gradient
// reads can be computed again by pointwise work and views.
//
//   minimum cut between what may not be computed again (products, reductions, carried values, dear functions) and what
//   the gradient reads; the capacity of a value is its bytes
//
// And what products read both times: the body stores it anyway, and to compute it again would take another pass.
//
// As in He and Yu, "Transcending runtime-memory tradeoffs in checkpointing by being fusion aware" (MLSys 2023).
#pragma once

#include <etch/graph/builder.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

inline constexpr int max_body_nodes = 2048;

/// The cut. Nodes below `nodes` are marked `late` where they depend on an arriving gradient, and `live` where a result does.
struct SavedValues {
  const Builder& b;
  int nodes;
  bool late[max_body_nodes]{};
  bool live[max_body_nodes]{};
  bool fixed[max_body_nodes]{};  ///< may not be computed again: a source of the flow
  bool read[max_body_nodes]{};   ///< by a late node: where the flow ends
  std::int64_t room[max_body_nodes]{};        ///< what may still flow through a value
  std::int64_t flow[max_body_nodes]{};        ///< what flows through it
  std::int64_t along[3 * max_body_nodes]{};   ///< and from one value to the next
  int head[max_body_nodes]{}, next[3 * max_body_nodes]{};  ///< users, as edges 3 user + which
  int from[2 * max_body_nodes]{};             ///< 1 + where a search came from: 2 n entering, 2 n + 1 leaving n

  constexpr explicit SavedValues(const Builder& builder) : b(builder), nodes(builder.size()) {}

  /// Operands other than carried ones are there anyway.
  constexpr bool is_free(int n) const { return is_leaf(b[n].op) && !fixed[n]; }
  constexpr bool is_inner(int n) const { return live[n] && !late[n] && !is_free(n); }
  constexpr bool is_cheap(int n) const {
    const Op op = b[n].op;
    return is_view(op) || op == Op::uniform || op == Op::list || (is_map(op) && cost_of(b[n]) < 8);
  }

  /// Marks all there is to know; `fixed` holds the carried values and `late` the arriving gradients already.
  constexpr void mark(const int* result, int results) {
    for (int i = 0; i < results; ++i) live[result[i]] = true;
    for (int n = 0; n < nodes; ++n)
      for (int k = 0; k < 3; ++k) late[n] = late[n] || (b[n].in[k] >= 0 && late[b[n].in[k]]);
    for (int n = nodes - 1; n >= 0; --n)
      for (int k = 0; live[n] && k < 3; ++k)
        if (const int in = b[n].in[k]; in >= 0) {
          live[in] = true;
          read[in] = read[in] || late[n];
        }
    for (int i = 0; i < results; ++i) read[result[i]] = true;
    for (int n = 0; n < nodes; ++n) head[n] = -1;
    for (int n = 0; n < nodes; ++n) {
      if (!is_inner(n)) continue;
      fixed[n] = fixed[n] || !is_cheap(n);
      // a view of a value is kept only where that is smaller
      room[n] = b[n].op == Op::list ? std::int64_t{1} << 60 : b.ref().elements(n) * static_cast<std::int64_t>(size_of(b.dtype(n))) + (is_view(b[n].op) ? 1 : 0);
      for (int k = 0; k < 3; ++k)
        if (const int in = b[n].in[k]; in >= 0 && is_inner(in)) {
          next[3 * n + k] = head[in];
          head[in] = 3 * n + k;
        }
      if (fixed[n] && read[n]) {
        flow[n] = room[n];
        room[n] = 0;
      }
    }
  }
  /// Sends as much as one more path takes; false where none is left. `from` then tells what can be reached.
  constexpr bool augment() {
    int queue[2 * max_body_nodes]{};
    int begin = 0, end = 0;
    for (int v = 0; v < 2 * nodes; ++v) from[v] = 0;
    for (int n = 0; n < nodes; ++n)
      if (is_inner(n) && fixed[n]) {
        from[2 * n] = 2 * n + 1;
        queue[end++] = 2 * n;
      }
    auto reach = [&](int v, int by) {
      if (from[v] != 0) return;
      from[v] = by + 1;
      queue[end++] = v;
    };
    while (begin < end) {
      const int v = queue[begin++], n = v / 2;
      if (v % 2 == 0) {
        if (room[n] > 0) reach(2 * n + 1, v);
        for (int k = 0; k < 3; ++k)
          if (along[3 * n + k] > 0) reach(2 * b[n].in[k] + 1, v);
      } else {
        if (read[n]) {
          send(v);
          return true;
        }
        if (flow[n] > 0) reach(2 * n, v);
        for (int e = head[n]; e >= 0; e = next[e]) reach(2 * (e / 3), v);
      }
    }
    return false;
  }
  constexpr void send(int last) {
    std::int64_t amount = std::int64_t{1} << 60;
    for (int v = last; from[v] - 1 != v; v = from[v] - 1) {
      const int by = from[v] - 1;
      if (by / 2 == v / 2) {
        const std::int64_t most = v % 2 == 1 ? room[v / 2] : flow[v / 2];
        amount = most < amount ? most : amount;
      } else if (v % 2 == 1) {
        const std::int64_t most = along[edge(v / 2, by / 2)];
        amount = most < amount ? most : amount;
      }
    }
    for (int v = last; from[v] - 1 != v; v = from[v] - 1) {
      const int by = from[v] - 1;
      if (by / 2 == v / 2) {
        const std::int64_t forward = v % 2 == 1 ? amount : -amount;
        flow[v / 2] += forward;
        room[v / 2] -= forward;
      } else if (v % 2 == 0) {
        along[edge(by / 2, v / 2)] += amount;
      } else {
        along[edge(v / 2, by / 2)] -= amount;
      }
    }
  }
  constexpr int edge(int value, int user) const {
    int k = 0;
    while (b[user].in[k] != value) ++k;
    return 3 * user + k;
  }
  /// Marks in `from` what can still reach where the flow ends.
  constexpr void search_back() {
    int queue[2 * max_body_nodes]{};
    int begin = 0, end = 0;
    for (int v = 0; v < 2 * nodes; ++v) from[v] = 0;
    auto reach = [&](int v) {
      if (from[v] != 0) return;
      from[v] = 1;
      queue[end++] = v;
    };
    for (int n = 0; n < nodes; ++n)
      if (is_inner(n) && read[n]) reach(2 * n + 1);
    while (begin < end) {
      const int v = queue[begin++], n = v / 2;
      if (v % 2 == 1) {
        if (room[n] > 0) reach(2 * n);
        for (int e = head[n]; e >= 0; e = next[e])
          if (along[e] > 0) reach(2 * (e / 3));
      } else {
        if (flow[n] > 0) reach(2 * n + 1);
        for (int k = 0; k < 3; ++k)
          if (const int in = b[n].in[k]; in >= 0 && is_inner(in)) reach(2 * in + 1);
      }
    }
  }
  /// Marks what products read, or views that they read: of the body where `of_gradient` is false.
  constexpr void mark_factors(bool of_gradient, bool* factor) const {
    for (int n = nodes - 1; n >= 0; --n) {
      if (!live[n] || !(is_view(b[n].op) ? factor[n] : b[n].op == Op::dot && late[n] == of_gradient)) continue;
      for (int k = 0; k < 3; ++k)
        if (b[n].in[k] >= 0) factor[b[n].in[k]] = true;
    }
  }
  /// The values of the cut, and products' operands, in order; returns how many. Of equal cuts the last: what the body makes is kept as it is read.
  constexpr int choose(int* save) {
    while (augment()) {
    }
    search_back();
    bool factor[max_body_nodes]{}, again[max_body_nodes]{};
    mark_factors(false, factor);
    mark_factors(true, again);
    const auto is_cut = [&](int n) { return is_inner(n) && from[2 * n] == 0 && from[2 * n + 1] != 0; };
    int count = 0, more = max_loop_values / 2;  // they are operands of the gradient's loop, among others: what may be computed again leaves room
    for (int n = 0; n < nodes; ++n) more -= is_cut(n) ? 1 : 0;
    for (int n = 0; n < nodes; ++n)
      if (is_cut(n) || (is_inner(n) && factor[n] && again[n] && is_map(b[n].op) && more-- > 0)) {
        if (count == max_loop_values) a_graph_has_too_many_loops_or_a_loop_too_many_operands();
        save[count++] = n;
      }
    return count;
  }
};

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
