// Distances between rows: d(a, b) = (sum_k |a_k - b_k|^p)^(1/p); p = 0 counts what differs, p = infinity takes the largest.
//
// Where two rows are equal the distance has a corner, and its gradient is 0, as PyTorch's.
#pragma once

#include <etch/ops/contract.hpp>
#include <etch/ops/index.hpp>
#include <etch/ops/norm.hpp>
#include <etch/ops/reduce.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries the sizes of two rows into the error message.
template <int A, int B>
struct row_sizes {
  static constexpr bool agree = A == B;
};

namespace detail {

/// The p-norm of the last axis of a difference.
template <double P>
struct distance_fn {
  constexpr auto operator()(auto d) const {
    if constexpr (P == 0) {
      return reduce_fn<Op::sum, -1>{}(cast_fn<typename decltype(d)::value_type>{}(d != 0));
    } else if constexpr (P == 1) {
      return reduce_fn<Op::sum, -1>{}(abs(d));
    } else if constexpr (P == __builtin_huge_val()) {
      return reduce_fn<Op::amax, -1>{}(abs(d));
    } else if constexpr (P == 2) {
      const auto s = reduce_fn<Op::sum, -1>{}(d * d);
      return where(s == 0, 0, sqrt(where(s == 0, 1, s)));
    } else {
      const auto a = abs(d);
      const auto s = reduce_fn<Op::sum, -1>{}(where(a == 0, 0, pow(where(a == 0, 1, a), P)));
      return where(s == 0, 0, pow(where(s == 0, 1, s), 1 / P));
    }
  }
};

template <double P>
struct cdist_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    constexpr bool rows = A::rank >= 2 && B::rank >= 2 && is_floating(dtype_of<typename A::value_type>) && is_floating(dtype_of<typename B::value_type>);
    constexpr bool norm = P >= 0;
    static_assert(norm, "etch: cdist: p must not be negative");
    if constexpr (!rows) {
      static_assert(rows, "etch: cdist: both operands must be floating and hold rows: [.., rows, columns]");
      return Poison{};
    } else {
      using Sizes = row_sizes<A::dims(0)[A::rank - 1].size, B::dims(0)[B::rank - 1].size>;
      if constexpr (!Sizes::agree) {
        static_assert(Sizes::agree, "etch: cdist: rows must have one size");
        return Poison{};
      } else {
        constexpr int m = A::dims(0)[A::rank - 2].size, n = B::dims(0)[B::rank - 2].size;
        if constexpr (P == 2 && (m > 25 || n > 25)) {  // where PyTorch does: |x|^2 + |y|^2 - 2 x y, a product, at the price of what cancels
          const auto square = [](auto v) { return reduce_fn<Op::sum, -1>{}(v * v); };
          const auto s = unsqueeze_fn<-1>{}(square(x)) + unsqueeze_fn<-2>{}(square(y)) - matmul_fn{}(x, transpose_fn<-2, -1>{}(y)) * 2;
          return where(s <= 0, 0, sqrt(where(s <= 0, 1, s)));
        } else {
          return distance_fn<P>{}(unsqueeze_fn<-2>{}(x) - unsqueeze_fn<-3>{}(y));
        }
      }
    }
  }
};

template <class X>
struct pair_count {
  static constexpr Dims make() {
    Dims r;
    const int n = X::dims(0)[0].size;
    r.push(static_dim(n * (n - 1) / 2));
    return r;
  }
  static constexpr Dims value = make();
};
/// Pair k of rows i < j, in order: i is the largest row whose pairs start at i (2n - i - 1) / 2 <= k.
template <double P>
struct pdist_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool rows = X::rank == 2 && is_floating(dtype_of<typename X::value_type>) && !X::dims(0)[0].bounded;
    if constexpr (!rows) {
      static_assert(rows, "etch: pdist: the operand must be a floating matrix of a static number of rows");
      return Poison{};
    } else {
      using Rule = pair_count<X>;
      constexpr double n = X::dims(0)[0].size;
      Builder& b = *x.builder;
      const Value k{&b, b.iota(Rule::value[0].size, DType::float64)};
      const Value root = apply_map(Op::sqrt, k * -8.0 + (2 * n - 1) * (2 * n - 1));
      const Value i = apply_map(Op::floor, ((2 * n - 1) - root) * 0.5);
      const Value j = k - i * ((2 * n - 1) - i) * 0.5 + i + 1.0;
      using I = result_of<std::int64_t, Rule>;
      const I first{&b, i.cast(DType::int64).id}, second{&b, j.cast(DType::int64).id};
      return distance_fn<P>{}(embedding_fn{}(first, x) - embedding_fn{}(second, x));
    }
  }
};

/// |x - y + eps| of the last axis.
template <double P, bool Keep>
struct pairwise_distance_fn {
  constexpr auto operator()(auto x, auto y, auto eps) const {
    const auto d = x - y + eps;
    if constexpr (Keep) return norm_fn<-1, ord<P>, keepdim>{}(d);
    else return norm_fn<-1, ord<P>>{}(d);
  }
};
template <int Axis>
struct cosine_similarity_fn {
  constexpr auto operator()(auto x, auto y, auto eps) const {
    const auto length = [eps](auto v) { return larger(norm_fn<Axis, keepdim>{}(v), eps); };
    return reduce_fn<Op::sum, Axis>{}(x / length(x) * (y / length(y)));
  }
};

}  // namespace detail

/// The P-norm of x - y + eps along the last axis, of tensors that broadcast; `Keep` leaves a 1 there.
template <double P = 2.0, bool Keep = false, Operand A, Operand B, OperandOrNumber E = double>
constexpr auto pairwise_distance(const A& x, const B& y, const E& eps = 1e-6) {
  return apply<detail::pairwise_distance_fn<P, Keep>>(x, y, eps);
}
/// The cosine of the angle between vectors along an axis, whose lengths count at least eps.
template <int Axis = 1, Operand A, Operand B, OperandOrNumber E = double>
constexpr auto cosine_similarity(const A& x, const B& y, const E& eps = 1e-8) {
  return apply<detail::cosine_similarity_fn<Axis>>(x, y, eps);
}
/// The distance of every row of a [.., P, C] to every row of b [.., R, C], [.., P, R]; batches broadcast.
template <double P = 2.0, Operand A, Operand B> constexpr auto cdist(const A& a, const B& b) { return apply<detail::cdist_fn<P>>(a, b); }
/// The distances of the rows of a matrix to each other: row 0 to rows 1, 2, ..., row 1 to rows 2, 3, ...
template <double P = 2.0, Operand X> constexpr auto pdist(const X& x) { return apply<detail::pdist_fn<P>>(x); }

}  // namespace ETCH_ABI
}  // namespace etch
