// Vandermonde matrices: the powers of each element in a row.
//
//   vander(x)[i, j] = x[i]^(N - 1 - j), or x[i]^j
#pragma once

#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

template <class X, int N>
struct vander_rule {
  static constexpr bool is_line = X::rank >= 1 && X::rank < max_rank && (N >= 0 || !X::dims(0)[X::rank > 0 ? X::rank - 1 : 0].bounded);
  static constexpr Dims make() {
    Dims r = X::dims(0);
    if (is_line) r.push(static_dim(N >= 0 ? N : r[r.rank - 1].size));
    return r;
  }
  static constexpr Dims value = make();
};
template <int N, bool Increasing>
struct vander_fn {
  template <class X>
  constexpr auto operator()(X x) const {
    using Rule = vander_rule<X, N>;
    if constexpr (!Rule::is_line) {
      static_assert(Rule::is_line, "etch: vander: the operand must have an axis, of static size where the number of powers is not given");
      return Poison{};
    } else {
      using T = std::conditional_t<is_integral(dtype_of<typename X::value_type>), std::int64_t, typename X::value_type>;
      constexpr int powers = Rule::value[X::rank].size;
      Builder& b = *x.builder;
      const int base = b.cast(x.id, dtype_of<T>);
      const Shape all = b.shape_of(Rule::value);
      Shape column = all;
      column.size[X::rank] = 1;
      int r = powers == 0 ? b.constant(0, dtype_of<T>, all) : b.empty(all, dtype_of<T>);
      int power = b.constant(1, dtype_of<T>, b.shape(base));
      for (int j = 0; j < powers; ++j) {
        r = b.place(r, b.reshape(power, column), X::rank, Increasing ? j : powers - 1 - j, 1);
        power = b.map(Op::mul, dtype_of<T>, power, base);
      }
      return result_of<T, Rule, X>{&b, r};
    }
  }
};

}  // namespace detail

/// The powers N - 1, ..., 1, 0 of each element, as many as there are elements where N is not given: `vander<3>(x)`. Increasing,
/// as torch.linalg.vander has them: `vander<3, true>(x)`.
template <int N = -1, bool Increasing = false, Operand X>
constexpr auto vander(const X& x) {
  return apply<detail::vander_fn<N, Increasing>>(x);
}

}  // namespace ETCH_ABI
}  // namespace etch
