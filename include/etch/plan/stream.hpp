// Results that do not fit the caches and that nothing in the program reads: their kernels write them past the caches, without
// fetching the lines first.
//
//   y = (a * x + b) * c - d   moves 6 tensors then, and not 7
#pragma once

#include <etch/plan/lower.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// From so many bytes on a result leaves nothing of itself behind in a common last cache.
inline constexpr std::int64_t stream_bytes = std::int64_t{32} << 20;
inline constexpr std::int64_t stream_row_bytes = 4096;  ///< shorter rows would begin and end within lines too often

/// The bytes that a fused step stores through an access, along rows without a gap; 0 where a size is not known.
constexpr std::int64_t stored_bytes(const Step& s, const Access& a) {
  std::int64_t bytes = a.size;
  for (int k = s.loop_dims; k-- > 0;) {
    if (!is_static(s.loop[k]) || !is_static(a.stride[k])) return 0;
    if (a.stride[k] != 0) bytes *= s.loop[k];
    if (k == s.loop_dims - 1 && bytes < stream_row_bytes) return 0;
  }
  return bytes;
}

/// Whether a kernel reads result `index` of the program.
template <int N>
constexpr bool reads_result(const PlanDraft<N>& d, int index) {
  for (int n = 0; n < d.steps; ++n) {
    const Step& s = d.step[n];
    bool stored[256]{};
    for (int w = s.code; s.kind == StepKind::fused && w < s.code + s.words; ++w) {
      const Instruction i = decode(d.word[w]);
      if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
      if (i.op == static_cast<std::uint8_t>(Word::store)) stored[i.slot] = true;
      if (i.op == static_cast<std::uint8_t>(Word::load) && d.access[s.access + i.slot].root == Root::output && d.access[s.access + i.slot].index == index) return true;
    }
    for (int k = 0; k < s.accesses && k < 256; ++k)
      if (!stored[k] && d.access[s.access + k].root == Root::output && d.access[s.access + k].index == index) return true;
  }
  return false;
}

template <int N>
constexpr void stream_results(PlanDraft<N>& d) {
  for (int n = 0; n < d.steps; ++n) {
    const Step& s = d.step[n];
    if (s.kind != StepKind::fused || s.block != 0) continue;
    for (int w = s.code; w < s.code + s.words; ++w) {
      Instruction i = decode(d.word[w]);
      if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
      if (i.op != static_cast<std::uint8_t>(Word::store) || static_cast<Stride>(i.mode) != Stride::unit) continue;
      const Access& a = d.access[s.access + i.slot];
      if (a.root != Root::output || a.size < 4 || stored_bytes(s, a) < stream_bytes || reads_result(d, a.index)) continue;
      i.mode = static_cast<int>(Stride::stream);
      d.word[w] = encode(i);
    }
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
