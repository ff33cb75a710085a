// A sum, difference or product of two halves that lie side by side: where the processor has them, instructions that round once what by way
// of floats is rounded twice, to the same number (24 bits are twice 11 and two more).
#pragma once

#include <etch/cpu/words.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

#if defined(__AVX512FP16__) && !defined(ETCH_CPU_EIGEN) && !defined(__CUDACC__) && ETCH_VECTOR_BYTES == 64
/// The columns of a kernel in instructions [Begin, End).
template <class Kernel, int Begin, int End>
struct Halves {
  static constexpr Instruction at(int k) { return decode(Kernel::code[Kernel::regs.position[Begin + k]]); }
  static constexpr bool lies(const Instruction& i, Word w) {
    return i.op == static_cast<std::uint8_t>(w) && static_cast<Stride>(i.mode) == Stride::unit && i.type == Class::f32 && i.memory == DType::float16;
  }
  static constexpr bool applies() {
    if constexpr (End - Begin != 4) return false;
    else {
      const Instruction x = at(0), y = at(1), f = at(2), to = at(3);
      const bool computes = f.op == static_cast<std::uint8_t>(Op::add) || f.op == static_cast<std::uint8_t>(Op::sub) || f.op == static_cast<std::uint8_t>(Op::mul);
      return lies(x, Word::load) && lies(y, Word::load) && lies(to, Word::store) && computes && f.type == Class::f32 && f.a == x.d && f.b == y.d && x.d != y.d && to.a == f.d;
    }
  }
  /// Whole vectors from column c on; returns where they end. `many`: lines are fetched before they are written.
  static ETCH_INLINE index_t run(const Place& place, index_t c, index_t last, bool many) {
    using V = simd::x86::f16x32;
    constexpr index_t L = 32;
    constexpr Op op = static_cast<Op>(at(2).op);
    const auto* const a = place.p[at(0).slot];
    const auto* const b = place.p[at(1).slot];
    auto* const to = place.p[at(3).slot];
    for (; c + L <= last; c += L) {
      if (many) __builtin_prefetch(to + 2 * c + 512, 1);
      V x, y;
      __builtin_memcpy(&x, a + 2 * c, sizeof x);
      __builtin_memcpy(&y, b + 2 * c, sizeof y);
      const V z = op == Op::add ? x + y : op == Op::sub ? x - y : x * y;
      __builtin_memcpy(to + 2 * c, &z, sizeof z);
    }
    return c;
  }
};
#else
template <class Kernel, int Begin, int End>
struct Halves {
  static constexpr bool applies() { return false; }
};
#endif

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
