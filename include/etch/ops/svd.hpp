// The singular value decomposition of matrices, the last two axes.
//
//   x = U diag(S) V^T, U [.., M, K], S [.., K] from the largest, V [.., N, K], K = min(M, N)
//
// A complex matrix A + i B has the singular values of [[A, -B], [B, A]], which has each of them twice.
#pragma once

#include <etch/ops/complex.hpp>
#include <etch/ops/join.hpp>
#include <etch/ops/permute.hpp>
#include <etch/ops/slice.hpp>

namespace etch {
inline namespace ETCH_ABI {

/// Matrices of static size, of floats or complex numbers.
template <class X>
struct svd_operand {
  static constexpr bool check() {
    const Dims d = X::dims(0);
    for (int i = d.rank - 2; i < d.rank; ++i)
      if (i < 0 || d[i].bounded) return false;
    return true;
  }
  static constexpr bool is_matrix = check();
  static constexpr bool is_floating = !is_integral(dtype_of<typename X::value_type>);
};

namespace detail {

/// U, S as a row and V above each other, as one kernel computes them.
template <class X>
struct packed_svd {
  static constexpr int m = X::dims(0)[X::rank - 2].size, n = X::dims(0)[X::rank - 1].size, k = m < n ? m : n;
  static constexpr Dims make() {
    Dims r = X::dims(0);
    r[X::rank - 2] = static_dim(m + 1 + n);
    r[X::rank - 1] = static_dim(k);
    return r;
  }
  static constexpr Dims value = make();
  static constexpr auto of(X x) {
    return result_of<typename X::value_type, packed_svd, X>{x.builder, x.builder->svd(x.id)};
  }
};

/// F of a matrix, or of each of several, once it is one.
template <class F>
struct of_matrix_fn {
  template <class A>
  constexpr auto operator()(A given) const {
    using X = tracer_of<A>;
    using Rule = svd_operand<X>;
    if constexpr (!Rule::is_matrix) {
      static_assert(Rule::is_matrix, "etch: svd: the operand must hold matrices of static size");
      return Poison{};
    } else if constexpr (!Rule::is_floating) {
      static_assert(Rule::is_floating, "etch: svd: the dtype must be floating or complex");
      return Poison{};
    } else {
      return F{}(X(given));
    }
  }
};

enum class SvdPart { u, s, v };
template <SvdPart P>
struct svd_part_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    constexpr bool real = !is_complex_type<typename X::value_type>;
    if constexpr (!real) {
      static_assert(real, "etch: svd: singular vectors of complex matrices are not there; svdvals takes complex numbers");
      return Poison{};
    } else {
      using All = packed_svd<X>;
      constexpr int start = P == SvdPart::u ? 0 : P == SvdPart::s ? All::m : All::m + 1, count = P == SvdPart::u ? All::m : P == SvdPart::s ? 1 : All::n;
      const auto rows = slice_fn<-2, start, start + count>{}(All::of(x));
      if constexpr (P == SvdPart::s) return squeeze_fn<-2>{}(rows);
      else return rows;
    }
  }
};
struct svdvals_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    if constexpr (is_complex_type<typename X::value_type>) {
      const auto re = real_fn{}(x), im = imag_fn{}(x);
      const auto twice = (*this)(cat_fn<-2>{}(cat_fn<-1>{}(re, -im), cat_fn<-1>{}(im, re)));
      return slice_fn<-1, 0, 2 * packed_svd<X>::k, 2>{}(twice);
    } else {
      return svd_part_fn<SvdPart::s>{}(x);
    }
  }
};

}  // namespace detail

/// What `svd` returns: `auto [u, s, v] = svd(x)`.
template <class U, class S, class V>
struct SVD {
  U u;
  S s;
  V v;
};
/// x = u diag(s) v^T, as torch.svd: `some` singular vectors, those of the min(M, N) singular values.
template <Operand X>
constexpr auto svd(const X& x) {
  const auto u = apply<detail::of_matrix_fn<detail::svd_part_fn<detail::SvdPart::u>>>(x);
  const auto s = apply<detail::of_matrix_fn<detail::svd_part_fn<detail::SvdPart::s>>>(x);
  const auto v = apply<detail::of_matrix_fn<detail::svd_part_fn<detail::SvdPart::v>>>(x);
  return SVD<std::remove_const_t<decltype(u)>, std::remove_const_t<decltype(s)>, std::remove_const_t<decltype(v)>>{u, s, v};
}
/// The singular values, the largest first.
template <Operand X>
constexpr auto svdvals(const X& x) {
  return apply<detail::of_matrix_fn<detail::svdvals_fn>>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
