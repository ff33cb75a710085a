// Epilogues that do nothing but add a number of their row, if any, and keep what is positive: a kernel may apply them to registers.
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// y = tile, or tile + number of the row, and 0 where that is not positive.
struct RowTerm {
  bool rectifies = false, adds = false;
  int slot = 0;  ///< of the number
  /// As a part of a step's argument, above its lowest byte.
  constexpr std::uint64_t arg() const { return rectifies ? (1u | (adds ? 2u : 0) | static_cast<std::uint64_t>(slot) << 2) << 8 : 0; }
  static constexpr RowTerm of(std::uint64_t arg) { return {(arg >> 8 & 1) != 0, (arg >> 9 & 1) != 0, static_cast<int>(arg >> 10 & 255)}; }
};

/// What an epilogue's words are; `rectifies` false where they are anything else.
constexpr RowTerm row_term(const std::uint64_t* word, int words) {
  enum Value { nothing, zero, number, tile, sum, positive };
  constexpr int most = 8;
  Value value[most]{}, compared[most]{};
  RowTerm r;
  for (int w = 0; w < words; ++w) {
    const Instruction i = decode(word[w]);
    if (i.op == static_cast<std::uint8_t>(Word::row) || i.op == static_cast<std::uint8_t>(Word::columns)) continue;
    if (r.rectifies || i.d >= most || i.a >= most || i.b >= most || i.c >= most || (i.type != Class::f32 && i.op != static_cast<std::uint8_t>(Op::gt))) return {};
    const Stride mode = static_cast<Stride>(i.mode);
    const Value a = value[i.a], b = value[i.b];
    switch (i.op) {
      case static_cast<std::uint8_t>(Word::number):
        if (i.bits != 0) return {};
        value[i.d] = zero;
        break;
      case static_cast<std::uint8_t>(Word::load):
        if (i.memory != DType::float32 || (mode != Stride::tile && (mode != Stride::splat || r.adds))) return {};
        value[i.d] = mode == Stride::tile ? tile : number;
        if (mode == Stride::splat) r.adds = true, r.slot = i.slot;
        break;
      case static_cast<std::uint8_t>(Op::add):
        if (!(a == tile && b == number) && !(a == number && b == tile)) return {};
        value[i.d] = sum;
        break;
      case static_cast<std::uint8_t>(Op::gt):
        if (i.from != Class::f32 || (a != sum && a != tile) || b != zero) return {};
        compared[i.d] = a;
        break;
      case static_cast<std::uint8_t>(Op::where):
        if (b == nothing || compared[i.a] != b || value[i.c] != zero) return {};
        value[i.d] = positive;
        break;
      case static_cast<std::uint8_t>(Word::store):
        if (i.memory != DType::float32 || mode != Stride::unit || a != positive) return {};
        r.rectifies = true;
        break;
      default: return {};
    }
  }
  return r;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
