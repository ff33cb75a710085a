// Scaled dot-product attention of q [.., T, D], k [.., S, D] and v [.., S, E]: dropout(softmax(scale q k^T + mask)) v.
//
// Four axes without mask and dropout are one kernel that never stores the scores; everything else is composed of products.
#pragma once

#include <etch/nn/dropout.hpp>
#include <etch/ops/contract.hpp>
#include <etch/ops/expand.hpp>
#include <etch/ops/matrix.hpp>
#include <etch/ops/reduce.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the numbers of heads of queries and keys.
template <int Queries, int Keys>
struct grouped_heads {
  static constexpr bool divide = Keys > 0 && Queries % Keys == 0;
};

namespace detail {

/// softmax of the last axis, 0 where nothing is to be seen.
struct seen_softmax_fn {
  constexpr auto operator()(auto x) const {
    const auto most = detach(reduce_fn<Op::amax, -1, keepdim>{}(x));
    const auto e = exp(x - where(most == -inf, 0, most));
    const auto sum = reduce_fn<Op::sum, -1, keepdim>{}(e);
    return e / where(sum == 0, 1, sum);
  }
};
/// Whether query i may see key j <= i.
template <class X>
constexpr auto sees_only_before(X scores) {
  using Mask = decltype(scores == scores);
  Builder& b = *scores.builder;
  const Shape s = b.shape(scores.id);
  Shape column = s;
  for (int i = 0; i < s.rank; ++i) column.size[i] = 1;
  column.size[s.rank - 2] = s.size[s.rank - 2];
  const int i = b.expand(b.reshape(b.iota(s.size[s.rank - 2], DType::int32), column), s), j = b.expand(b.iota(s.size[s.rank - 1], DType::int32), s);
  return Mask{&b, b.map(Op::ge, DType::boolean, i, j)};
}
/// Scores with what may not be seen at minus infinity, or with a mask added.
constexpr auto masked_scores(auto scores) { return scores; }
template <class S, class M>
constexpr auto masked_scores(S scores, M mask) {
  if constexpr (std::is_same_v<typename M::value_type, bool>) return where(mask, scores, -inf);
  else return scores + mask;
}

template <bool Causal, double Dropout, bool Grouped, double Scale>
struct scaled_dot_product_attention_fn {
  template <class Q, class K, class V, class... M>
  constexpr auto operator()(Q q, K k, V v, M... mask) const {
    constexpr bool rows = Q::rank >= 2 && K::rank >= 2 && V::rank >= 2;
    if constexpr (all_half<Q, K, V>) {
      return rounded_once<typename Q::value_type, scaled_dot_product_attention_fn>(q, k, v, mask...);
    } else if constexpr (!rows) {
      static_assert(rows, "etch: scaled_dot_product_attention: q, k and v must be [.., time, features]");
      return Poison{};
    } else if constexpr (Grouped && Q::rank >= 3) {
      constexpr int heads = Q::dims(0)[Q::rank - 3].size, of_keys = K::dims(0)[K::rank - 3].size;
      using Heads = grouped_heads<heads, of_keys>;
      if constexpr (!Heads::divide) {
        static_assert(Heads::divide, "etch: scaled_dot_product_attention: the heads of q must divide into those of k");
        return Poison{};
      } else {
        constexpr int times = heads / of_keys;
        return scaled_dot_product_attention_fn<Causal, Dropout, false, Scale>{}(q, repeat_interleave_fn<times, -3>{}(k), repeat_interleave_fn<times, -3>{}(v), mask...);
      }
    } else if constexpr (sizeof...(M) == 0 && Dropout == 0 && Scale == 0 && Q::rank == 4) {
      return attention_fn<Causal>{}(q, k, v);
    } else {
      constexpr double scale = Scale != 0 ? Scale : 1 / square_root(Q::dims(0)[Q::rank - 1].size);
      const Autocasting rounded(*q.builder);
      const auto scores = masked_scores(matmul_fn{}(rounded(q) * scale, transpose_fn<-2, -1>{}(rounded(k))), mask...);
      if constexpr (std::is_same_v<std::remove_const_t<decltype(scores)>, Poison>) {
        return scores;
      } else {
        const auto p = seen_softmax_fn{}([&] {
          if constexpr (Causal) return where(sees_only_before(scores), scores, -inf);
          else return scores;
        }());
        return rounded(matmul_fn{}(rounded(dropout_fn<Dropout>{}(p)), rounded(v)));
      }
    }
  }
};
}  // namespace detail

/// Attention; `Causal`: a query sees only keys up to its own position; `Grouped`: a head of k and v serves several of q.
template <bool Causal = false, double Dropout = 0.0, bool Grouped = false, double Scale = 0.0, Operand Q, Operand K, Operand V>
constexpr auto scaled_dot_product_attention(const Q& q, const K& k, const V& v) {
  return apply<detail::scaled_dot_product_attention_fn<Causal, Dropout, Grouped, Scale>>(q, k, v);
}
/// The same with a mask that broadcasts to the scores: of bools, what may be seen; of numbers, what is added.
template <bool Causal = false, double Dropout = 0.0, bool Grouped = false, double Scale = 0.0, Operand Q, Operand K, Operand V, Operand M>
constexpr auto scaled_dot_product_attention(const Q& q, const K& k, const V& v, const M& mask) {
  return apply<detail::scaled_dot_product_attention_fn<Causal, Dropout, Grouped, Scale>>(q, k, v, mask);
}

}  // namespace ETCH_ABI
}  // namespace etch
