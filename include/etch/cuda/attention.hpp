// Attention that never stores its scores, a query or a key a team: cpu/attention.hpp's formulas.
//
//   s = scale q k^T, 256 keys at a time;  m' = max(m, s);  o = o e^(m - m') + e^(s - m') v;  at the end  o / l,  lse = m + log l
//   backward, from lse:  dq of every query;  dk and dv of every key, over the queries that see it: nothing is added by two teams
#pragma once

#include <etch/core/math.hpp>
#include <etch/cuda/machine.hpp>
#if ETCH_GPU
#include <etch/cuda/kernel.hpp>
#else
#include <etch/cuda/rows.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

inline constexpr index_t attention_block = 256;

/// q, k, v, out, lse, dout, dq, dk, dv, of which forward has the first five: [batch, heads, length, dim], dim contiguous.
template <class T>
struct Attention {
  using A = std::conditional_t<std::is_same_v<T, double>, double, float>;
  char* const* entry[9];
  index_t stride[9][3];
  index_t heads, queries, keys, head_dim, value_dim;
  A scale;
  bool causal;
  A* delta;  ///< of each query sum(dout out)

  ETCH_INLINE T* row(int operand, index_t pair, index_t i) const { return at<T>(entry[operand]) + pair / heads * stride[operand][0] + pair % heads * stride[operand][1] + i * stride[operand][2]; }
  /// The keys that a query sees.
  ETCH_INLINE index_t seen(index_t query) const { return causal && query + 1 < keys ? query + 1 : keys; }
  static ETCH_INLINE A dot(const T* a, const T* b, index_t n) {
    A sum = 0;
    for (index_t i = 0; i < n; ++i) sum += static_cast<A>(a[i]) * static_cast<A>(b[i]);
    return sum;
  }
  /// sum = shrink sum + the rows [first, first + n) of an operand, each times its weight; a lane has its own columns.
  template <class Team>
  ETCH_INLINE void add_rows(const Team& team, A* sum, index_t columns, const A* weight, index_t n, int operand, index_t pair, index_t first, A shrink = 1) const {
    for (index_t d = team.lane(); d < columns; d += team.lanes()) {
      A s = sum[d] * shrink;
      for (index_t j = 0; j < n; ++j) s += weight[j] * static_cast<A>(row(operand, pair, first + j)[d]);
      sum[d] = s;
    }
  }
  /// A row of a result.
  template <class Team>
  ETCH_INLINE void store(const Team& team, const A* sum, index_t columns, int operand, index_t pair, index_t i) const {
    for (index_t d = team.lane(); d < columns; d += team.lanes()) row(operand, pair, i)[d] = static_cast<T>(sum[d]);
  }
  static ETCH_INLINE A exp(A x) { return simd::exp(simd::splat<A, 1>(x))[0]; }
};

/// One query's softmax over its keys and their values. Scratch: the output, a block of scores.
template <class T>
struct AttendQuery {
  using A = typename Attention<T>::A;
  Attention<T> all_of;
  template <class Team>
  ETCH_INLINE void operator()(index_t r, const Team& team, char* scratch) const {
    const Attention<T>& x = all_of;
    const index_t pair = r / x.queries, i = r % x.queries, seen = x.seen(i);
    const T* const q = x.row(0, pair, i);
    A *const sum = reinterpret_cast<A*>(scratch), *const p = sum + x.value_dim;
    A most = -static_cast<A>(__builtin_huge_val()), total = 0;
    const A none = most;
    for (index_t d = team.lane(); d < x.value_dim; d += team.lanes()) sum[d] = 0;
    for (index_t first = 0; first < seen; first += attention_block) {
      const index_t n = seen - first < attention_block ? seen - first : attention_block;
      A high = none;
      for (index_t j = team.lane(); j < n; j += team.lanes()) {
        p[j] = x.scale * Attention<T>::dot(q, x.row(1, pair, first + j), x.head_dim);
        high = p[j] > high || p[j] != p[j] ? p[j] : high;
      }
      high = all<2>(team, high);
      high = most > high ? most : high;
      const A shrink = most == none ? A(0) : Attention<T>::exp(most - high);
      A part = 0;
      for (index_t j = team.lane(); j < n; j += team.lanes()) part += p[j] = high == none ? A(0) : Attention<T>::exp(p[j] - high);
      total = total * shrink + all<0>(team, part);
      x.add_rows(team, sum, x.value_dim, p, n, 2, pair, first, shrink);
      team.sync();  // before the scores are written again
      most = high;
    }
    for (index_t d = team.lane(); d < x.value_dim; d += team.lanes()) x.row(3, pair, i)[d] = static_cast<T>(total == A(0) ? A(0) : sum[d] / total);
    if (team.leads()) at<T>(x.entry[4])[r] = static_cast<T>(total == A(0) ? none : most + simd::log(simd::splat<A, 1>(total))[0]);
  }
};

/// dq of one query, and its delta. Scratch: dq, a block of slopes.
template <class T>
struct QueryGradient {
  using A = typename Attention<T>::A;
  Attention<T> all_of;
  template <class Team>
  ETCH_INLINE void operator()(index_t r, const Team& team, char* scratch) const {
    const Attention<T>& x = all_of;
    const index_t pair = r / x.queries, i = r % x.queries, seen = x.seen(i);
    const T *const q = x.row(0, pair, i), *const dout = x.row(5, pair, i), *const out = x.row(3, pair, i);
    const A lse = static_cast<A>(at<const T>(x.entry[4])[r]);
    A *const sum = reinterpret_cast<A*>(scratch), *const ds = sum + x.head_dim;
    A delta = 0;
    for (index_t d = team.lane(); d < x.value_dim; d += team.lanes()) delta += static_cast<A>(dout[d]) * static_cast<A>(out[d]);
    delta = all<0>(team, delta);
    if (team.leads()) x.delta[r] = delta;
    for (index_t d = team.lane(); d < x.head_dim; d += team.lanes()) sum[d] = 0;
    for (index_t first = 0; first < seen; first += attention_block) {
      const index_t n = seen - first < attention_block ? seen - first : attention_block;
      for (index_t j = team.lane(); j < n; j += team.lanes()) {
        const A p = Attention<T>::exp(x.scale * Attention<T>::dot(q, x.row(1, pair, first + j), x.head_dim) - lse);
        ds[j] = x.scale * p * (Attention<T>::dot(dout, x.row(2, pair, first + j), x.value_dim) - delta);
      }
      team.sync();
      x.add_rows(team, sum, x.head_dim, ds, n, 1, pair, first);
      team.sync();
    }
    x.store(team, sum, x.head_dim, 6, pair, i);
  }
};
/// dk and dv of one key. Scratch: both, a block of probabilities and slopes.
template <class T>
struct KeyGradient {
  using A = typename Attention<T>::A;
  Attention<T> all_of;
  template <class Team>
  ETCH_INLINE void operator()(index_t r, const Team& team, char* scratch) const {
    const Attention<T>& x = all_of;
    const index_t pair = r / x.keys, j = r % x.keys;
    const T *const k = x.row(1, pair, j), *const v = x.row(2, pair, j);
    A *const dk = reinterpret_cast<A*>(scratch), *const dv = dk + x.head_dim, *const p = dv + x.value_dim, *const ds = p + attention_block;
    for (index_t d = team.lane(); d < x.head_dim + x.value_dim; d += team.lanes()) dk[d] = 0;
    for (index_t first = x.causal ? j : 0; first < x.queries; first += attention_block) {
      const index_t n = x.queries - first < attention_block ? x.queries - first : attention_block;
      for (index_t i = team.lane(); i < n; i += team.lanes()) {
        const index_t query = pair * x.queries + first + i;
        p[i] = Attention<T>::exp(x.scale * Attention<T>::dot(x.row(0, pair, first + i), k, x.head_dim) - static_cast<A>(at<const T>(x.entry[4])[query]));
        ds[i] = x.scale * p[i] * (Attention<T>::dot(x.row(5, pair, first + i), v, x.value_dim) - x.delta[query]);
      }
      team.sync();
      x.add_rows(team, dk, x.head_dim, ds, n, 0, pair, first);
      x.add_rows(team, dv, x.value_dim, p, n, 5, pair, first);
      team.sync();
    }
    x.store(team, dk, x.head_dim, 7, pair, j);
    x.store(team, dv, x.value_dim, 8, pair, j);
  }
};

/// [batch, heads, queries, keys, head_dim, value_dim]
template <class T>
std::size_t attention_scratch(const index_t* dim) {
  return aligned(static_cast<std::size_t>(dim[4] + dim[5] + 2 * attention_block) * sizeof(typename Attention<T>::A));
}
inline constexpr int attention_parts = 4 * Machine::scratch_parts;
template <class T>
std::size_t attention_workspace(const cpu::Machine& machine, const Step& s) {
  index_t dim[6];
  for (int i = 0; i < 6; ++i) dim[i] = machine.capacity(s.dim[i]);
  return aligned(static_cast<std::size_t>(dim[0] * dim[1] * dim[2]) * sizeof(typename Attention<T>::A)) + attention_parts * attention_scratch<T>(dim);
}
/// The operands of a step; f(operands, pairs, scratch for `rows`).
template <class T>
struct AttentionStep {
  using A = typename Attention<T>::A;
  Attention<T> operands{};
  index_t dim[6];
  char* scratch;
  AttentionStep(Machine& m, int s) {
    const Step& step = m.step(s);
    for (int i = 0; i < 6; ++i) dim[i] = m.size(step.dim[i]);
    for (int o = 0; o < step.accesses && o < 9; ++o) {
      operands.entry[o] = m.entry(s, step.access + o);
      for (int k = 0; k < 3; ++k) operands.stride[o][k] = m.host().stride(step.access + o, k);
    }
    operands.heads = dim[1], operands.queries = dim[2], operands.keys = dim[3], operands.head_dim = dim[4], operands.value_dim = dim[5];
    operands.scale = static_cast<A>(__builtin_bit_cast(float, static_cast<std::uint32_t>(step.arg)));
    operands.causal = (step.arg >> 32 & 1) != 0;
    operands.delta = reinterpret_cast<A*>(m.workspace());
    scratch = m.workspace() + aligned(static_cast<std::size_t>(dim[0] * dim[1] * dim[2]) * sizeof(A));
  }
  template <template <class> class Row>
  void run(index_t length) const {
    for_each_row(RowsOf<Row<T>>{{operands}, dim[0] * dim[1] * length, attention_parts, scratch, static_cast<index_t>(attention_scratch<T>(dim))});
  }
};
template <class T>
void run_attention(Machine& m, int s) {
  const AttentionStep<T> a(m, s);
  a.template run<AttendQuery>(a.dim[2]);
}
template <class T>
void run_attention_grad(Machine& m, int s) {
  const AttentionStep<T> a(m, s);
  a.template run<QueryGradient>(a.dim[2]);
  a.template run<KeyGradient>(a.dim[3]);
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
