// Products: `matmul` as PyTorch's (vectors, matrices, batches), `bmm`, `mm`, `mv`, `outer`, `linear`.
#pragma once

#include <etch/graph/autocast.hpp>
#include <etch/ops/complex.hpp>
#include <etch/ops/pointwise.hpp>
#include <etch/ops/shape.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Carries both inner sizes into the error message.
template <int A, int B>
struct inner_sizes {
  static constexpr bool agree = A == B;
};
/// Carries both batch sizes into the error message.
template <int A, int B>
struct batch_sizes {
  static constexpr bool agree = A == B;
};
/// The inner dims of A [.., M, K] and B [.., K, N], named dims by type.
template <class A, class B>
struct inner_dims {
  static constexpr bool same = agree(A::dims(0)[A::rank - 1], B::dims(A::rank)[B::rank == 1 ? 0 : B::rank - 2]);
};

namespace detail {
/// The shape of matmul: batch axes broadcast, vectors lose their axis.
template <class A, class B>
struct matmul_shape {
  static constexpr Dims batch(const Dims& d) {
    Dims r;
    for (int i = 0; i + 2 < d.rank; ++i) r.push(d[i]);
    return r;
  }
  static constexpr Dims make() {
    const Dims a = A::dims(0), b = B::dims(A::rank);
    const Dims x = batch(a), y = batch(b);
    Dims r;
    const int rank = x.rank > y.rank ? x.rank : y.rank;
    for (int i = 0; i < rank; ++i) {
      const int ix = i - (rank - x.rank), iy = i - (rank - y.rank);
      if (ix < 0) r.push(y[iy]);
      else if (iy < 0) r.push(x[ix]);
      else if (x[ix].is(1)) r.push(y[iy]);
      else if (y[iy].is(1) || agree(x[ix], y[iy])) r.push(x[ix]);
      else r.push(static_dim(-1));
    }
    if (a.rank >= 2) r.push(a[a.rank - 2]);
    if (b.rank >= 2) r.push(b[b.rank - 1]);
    return r;
  }
  static constexpr Dims value = make();
  static constexpr bool check() {
    for (int i = 0; i < value.rank; ++i)
      if (value[i].size < 0) return false;
    return true;
  }
  static constexpr bool agree_or_are_one = check();
};

/// a [.., M, K] b [.., K, N] as nodes; a batch of matrices times one matrix is one tall product.
constexpr int matmul_nodes(Builder& b, int x, int y) {
  const bool vector_x = b.shape(x).rank == 1, vector_y = b.shape(y).rank == 1;
  if (vector_x) x = b.reshape(x, Shape{2, {1, b.shape(x).size[0]}});
  if (vector_y) y = b.reshape(y, Shape{2, {b.shape(y).size[0], 1}});
  const Shape sx = b.shape(x), sy = b.shape(y);
  const int rx = sx.rank - 2, ry = sy.rank - 2;
  Shape out;
  int r = -1;
  if (ry == 0) {
    out = sx;
    out.size[sx.rank - 1] = sy.size[1];
    const Shape flat{2, {b.product(sx.size, sx.rank - 1), sx.size[sx.rank - 1]}};
    r = b.reshape(b.dot(b.reshape(x, flat), y), out);
  } else {
    const int batch = rx > ry ? rx : ry;
    Shape bx, by;
    bx.rank = by.rank = out.rank = batch + 2;
    for (int i = 0; i < batch; ++i) {
      const int ix = i - (batch - rx), iy = i - (batch - ry);
      const int nx = ix < 0 ? 1 : sx.size[ix], ny = iy < 0 ? 1 : sy.size[iy];
      out.size[i] = bx.size[i] = by.size[i] = nx == 1 ? ny : nx;
    }
    for (int i = 0; i < 2; ++i) {
      bx.size[batch + i] = sx.size[rx + i];
      by.size[batch + i] = sy.size[ry + i];
    }
    out.size[batch] = bx.size[batch];
    out.size[batch + 1] = by.size[batch + 1];
    r = b.dot(b.expand(x, bx), b.expand(y, by));
  }
  if (!vector_x && !vector_y) return r;
  Shape s;
  for (int i = 0; i < out.rank; ++i)
    if (!(vector_x && i == out.rank - 2) && !(vector_y && i == out.rank - 1)) s.size[s.rank++] = out.size[i];
  return b.reshape(r, s);
}
}  // namespace detail

/// y[.., i, j] = sum_k a[.., i, k] b[.., k, j]
struct matmul_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    using X = detail::tracer_of<A>;
    using Y = detail::tracer_of<B>;
    constexpr bool at_least_vectors = X::rank >= 1 && Y::rank >= 1;
    if constexpr (!at_least_vectors) {
      static_assert(at_least_vectors, "etch: matmul: operands must have at least one dimension");
      return Poison{};
    } else {
      using Inner = inner_sizes<X::dims(0)[X::rank - 1].size, Y::dims(0)[Y::rank == 1 ? 0 : Y::rank - 2].size>;
      using Rule = detail::matmul_shape<X, Y>;
      if constexpr (!Inner::agree) {
        static_assert(Inner::agree, "etch: matmul: inner sizes must agree");
        return Poison{};
      } else if constexpr (!inner_dims<X, Y>::same) {
        static_assert(inner_dims<X, Y>::same, "etch: matmul: inner dims must have the same name");
        return Poison{};
      } else if constexpr (!Rule::agree_or_are_one) {
        static_assert(Rule::agree_or_are_one, "etch: matmul: batch sizes must agree or be 1");
        return Poison{};
      } else {
        constexpr DType d = detail::common_dtype<A, B>();
        auto& b = *x.builder;
        const detail::Autocasting rounded(b);
        return result_of<type_of<d>, Rule, X, Y>{&b, rounded(detail::matmul_nodes(b, rounded(b.cast(x.id, d)), rounded(b.cast(y.id, d))))};
      }
    }
  }
};

namespace detail {
/// A product of operands of exactly these ranks.
template <int RankA, int RankB>
struct product_of_ranks_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    constexpr bool ranks = A::rank == RankA && B::rank == RankB;
    if constexpr (!ranks) {
      static_assert(ranks, "etch: product: mm takes matrices, mv a matrix and a vector, bmm batches of matrices, dot vectors");
      return Poison{};
    } else if constexpr (RankA == 3) {
      using Batch = batch_sizes<A::dims(0)[0].size, B::dims(0)[0].size>;
      if constexpr (!Batch::agree) {
        static_assert(Batch::agree, "etch: bmm: batch sizes must agree");
        return Poison{};
      } else {
        return matmul_fn{}(x, y);
      }
    } else if constexpr (RankA == 1 && RankB == 1) {
      const Autocasting none(*x.builder);  // autocast leaves it in its operands' dtype
      return matmul_fn{}(x, y);
    } else {
      return matmul_fn{}(x, y);
    }
  }
};
struct vdot_fn {
  constexpr auto operator()(auto x, auto y) const { return product_of_ranks_fn<1, 1>{}(conj_fn{}(x), y); }
};
}  // namespace detail

template <Operand A, Operand B> constexpr auto matmul(const A& a, const B& b) { return apply<matmul_fn>(a, b); }
/// The product of two matrices.
template <Operand A, Operand B> constexpr auto mm(const A& a, const B& b) { return apply<detail::product_of_ranks_fn<2, 2>>(a, b); }
/// The products of two batches of matrices.
template <Operand A, Operand B> constexpr auto bmm(const A& a, const B& b) { return apply<detail::product_of_ranks_fn<3, 3>>(a, b); }
/// The product of a matrix and a vector.
template <Operand A, Operand B> constexpr auto mv(const A& a, const B& b) { return apply<detail::product_of_ranks_fn<2, 1>>(a, b); }
/// sum_i a[i] b[i] of two vectors.
template <Operand A, Operand B> constexpr auto dot(const A& a, const B& b) { return apply<detail::product_of_ranks_fn<1, 1>>(a, b); }
/// The dot product of conj(a) and b.
template <Operand A, Operand B> constexpr auto vdot(const A& a, const B& b) { return apply<detail::vdot_fn>(a, b); }

namespace detail {
struct outer_fn {
  template <class A, class B>
  constexpr auto operator()(A x, B y) const {
    constexpr bool vectors = A::rank == 1 && B::rank == 1;
    if constexpr (!vectors) {
      static_assert(vectors, "etch: outer: both operands must be vectors");
      return Poison{};
    } else {
      return unsqueeze_fn<1>{}(x) * unsqueeze_fn<0>{}(y);
    }
  }
};
struct linear_fn {
  constexpr auto operator()(auto x, auto w) const { return matmul_fn{}(x, transpose_fn<0, 1>{}(w)); }
  template <class X, class W, class B>
  constexpr auto operator()(X x, W w, B bias) const {
    if constexpr (all_half<X, W, B>) {
      return rounded_once<typename X::value_type, linear_fn>(x, w, bias);
    } else {
      const Autocasting rounded(*x.builder);
      return rounded(matmul_fn{}(rounded(x), transpose_fn<0, 1>{}(rounded(w))) + rounded(bias));
    }
  }
};
}  // namespace detail

/// y[i, j] = a[i] b[j]
template <Operand A, Operand B> constexpr auto outer(const A& a, const B& b) { return apply<detail::outer_fn>(a, b); }
template <Operand A, Operand B> constexpr auto ger(const A& a, const B& b) { return apply<detail::outer_fn>(a, b); }
/// x W^T + b, with W [out, in] as PyTorch keeps it.
template <Operand X, Operand W> constexpr auto linear(const X& x, const W& w) { return apply<detail::linear_fn>(x, w); }
template <Operand X, Operand W, Operand B> constexpr auto linear(const X& x, const W& w, const B& bias) { return apply<detail::linear_fn>(x, w, bias); }

}  // namespace ETCH_ABI
}  // namespace etch
