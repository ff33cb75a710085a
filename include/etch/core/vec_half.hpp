// half and bfloat16 in vectors: 16-bit lanes to float lanes and back, rounded to nearest, ties to even.
#pragma once

#include <etch/core/half.hpp>
#include <etch/core/vec.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace simd {

/// What elements of type M are in memory, lane for lane.
template <class M> using Stored = std::conditional_t<etch::detail::is_half<M>, std::uint16_t, M>;

/// The bits of M (half or bfloat16) as floats.
template <class M, int L> ETCH_INLINE Vec<float, L> widen(Vec<std::uint16_t, L> a) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (std::is_same_v<M, half> && requires { x86::widen_half(a.v); }) return {x86::widen_half(a.v)};
#endif
  using U = std::uint32_t;
  const Vec<U, L> u = convert<U>(a);
  if constexpr (std::is_same_v<M, bfloat16>) {
    return bit_cast<float>(u << U(16));
  } else {
    const Vec<U, L> magnitude = (u & U(0x7FFF)) << U(13), sign = (u & U(0x8000)) << U(16);
    const Vec<float, L> finite = bit_cast<float>(magnitude) * 0x1p112f;  // subnormals become normal
    const Vec<float, L> other = bit_cast<float>(magnitude | U(0x7F800000));
    const auto is_finite = bit_cast<std::int32_t>(magnitude) < std::int32_t(0x0F800000);
    return bit_cast<float>(bit_cast<U>(select(is_finite, finite, other)) | sign);
  }
}

/// Floats as the bits of M.
template <class M, int L> ETCH_INLINE Vec<std::uint16_t, L> narrow(Vec<float, L> a) {
#if !defined(ETCH_CPU_EIGEN)
  if constexpr (std::is_same_v<M, half> && requires { x86::narrow_half(a.v); }) return {x86::narrow_half(a.v)};
#endif
  using U = std::uint32_t;
  using I = std::int32_t;
  const Vec<U, L> u = bit_cast<U>(a);
  if constexpr (std::is_same_v<M, bfloat16>) {
    const Vec<U, L> rounded = (u + U(0x7FFF) + ((u >> U(16)) & U(1))) >> U(16);
    return convert<std::uint16_t>(select(a != a, splat<U, L>(0x7FC0), rounded));
  } else {
    const Vec<U, L> magnitude = u & U(0x7FFFFFFF), sign = (u >> U(16)) & U(0x8000);
    const Vec<I, L> order = bit_cast<I>(magnitude);
    const Vec<U, L> normal = (magnitude - U(0x38000000) + U(0xFFF) + ((magnitude >> U(13)) & U(1))) >> U(13);
    const Vec<U, L> tiny = bit_cast<U>(bit_cast<float>(magnitude) + 0.5f) - U(0x3F000000);  // the sum rounds
    Vec<U, L> r = select(order < I(0x38800000), tiny, normal);
    r = select(order < I(0x47800000), r, splat<U, L>(0x7C00));
    r = select(order > I(0x7F800000), splat<U, L>(0x7E00), r);
    return convert<std::uint16_t>(r | sign);
  }
}

}  // namespace simd
}  // namespace ETCH_ABI
}  // namespace etch
