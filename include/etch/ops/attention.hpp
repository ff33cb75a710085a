// Scaled dot-product attention: softmax(q k^T / sqrt(D) + mask) v, one kernel that never stores the scores.
#pragma once

#include <etch/expr/lazy.hpp>
#include <etch/graph/autocast.hpp>
#include <etch/ops/pointwise.hpp>

namespace etch {
inline namespace ETCH_ABI {

namespace detail {
constexpr double square_root(double x) {
  double r = x > 1 ? x : 1;
  for (int i = 0; i < 64; ++i) r = 0.5 * (r + x / r);
  return r;
}
/// Whether q [B, H, T, D], k [B, H, S, D], v [B, H, S, E] fit.
template <class Q, class K, class V>
struct attention_shape {
  static constexpr bool check() {
    if (Q::rank != 4 || K::rank != 4 || V::rank != 4) return false;
    const Dims q = Q::dims(0), k = K::dims(4), v = V::dims(8);
    return agree(q[0], k[0]) && agree(q[1], k[1]) && agree(q[3], k[3]) && agree(k[0], v[0]) && agree(k[1], v[1]) && agree(k[2], v[2]);
  }
  static constexpr bool sizes_agree = check();
  static constexpr Dims make() {
    Dims r = Q::dims(0);
    if (sizes_agree) r[3] = V::dims(8)[3];
    return r;
  }
  static constexpr Dims value = make();
};
}  // namespace detail

template <bool Causal>
struct attention_fn {
  template <class Q, class K, class V>
  constexpr auto operator()(Q q, K k, V v) const {
    using Rule = detail::attention_shape<Q, K, V>;
    if constexpr (!Rule::sizes_agree) {
      static_assert(Rule::sizes_agree, "etch: scaled_dot_product_attention: q [B, H, T, D], k [B, H, S, D] and v [B, H, S, E] must agree");
      return Poison{};
    } else {
      auto& b = *q.builder;
      constexpr float scale = static_cast<float>(1.0 / detail::square_root(Q::dims(0)[3].size));
      const std::uint64_t arg = static_cast<std::uint64_t>(__builtin_bit_cast(std::uint32_t, scale)) | static_cast<std::uint64_t>(Causal) << 32;
      const DType in = dtype_of<typename Q::value_type>, d = size_of(in) < 4 ? DType::float32 : in;  // half is computed in float
      const detail::Autocasting rounded(b);
      const int r = b.node(detail::Op::attention, d, b.shape_of(Rule::value), b.cast(rounded(q.id), d), b.cast(rounded(k.id), d), b.cast(rounded(v.id), d), arg);
      return result_of<typename Q::value_type, Rule, Q, K, V>{&b, rounded(b.cast(r, in))};
    }
  }
};

}  // namespace ETCH_ABI
}  // namespace etch
