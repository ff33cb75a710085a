// Values of narrow types (half, int8) are computed in wider registers and rounded, or wrapped, by what makes them. What is only
// stored, as that very type, is rounded by the store.
#pragma once

#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Whether an instruction reads register n of a class.
constexpr bool reads(const Instruction& i, Class c, int n) {
  const auto word = static_cast<Word>(i.op);
  if (i.op >= static_cast<std::uint8_t>(Op::count)) {
    if (word == Word::store) return i.type == c && (i.a == n || (static_cast<Stride>(i.mode) == Stride::pair && i.b == n));
    return (word == Word::reduce || word == Word::accumulate) ? i.type == c && i.a == n : word == Word::finish && i.type == c && i.d == n;
  }
  const bool chooses = i.op == static_cast<std::uint8_t>(Op::where);
  return ((chooses ? Class::mask : i.from) == c && i.a == n) || ((chooses ? i.type : i.from) == c && i.b == n) || (i.type == c && i.c == n);
}

/// Takes the rounding out of such instructions of a kernel. A number that another register has later on counts as a reader of the first.
constexpr void round_once(Instruction* code, int size) {
  for (int k = 0; k < size; ++k) {
    Instruction& i = code[k];
    if (i.op >= static_cast<std::uint8_t>(Op::count) || size_of(i.memory) >= 4 || (i.type != Class::f32 && i.type != Class::i32)) continue;
    bool only_stored = true;
    for (int j = k + 1; only_stored && j < size; ++j)
      only_stored = !reads(code[j], i.type, i.d) || (code[j].op == static_cast<std::uint8_t>(Word::store) && code[j].memory == i.memory);
    if (only_stored) i.memory = i.type == Class::f32 ? DType::float32 : DType::int32;
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
