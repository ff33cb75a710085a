// Results that do not fit the caches and that nothing in the program reads: their kernels write them past the caches, without
// fetching the lines first. So do products with two results of which the program reads one: the other, an activation's derivative,
// is kept for a backward pass that begins when no cache holds it any more.
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
inline constexpr std::int64_t kept_bytes = std::int64_t{1} << 20;  ///< half of a large second cache

/// The bytes that a fused loop stores through an access, along rows without a gap; 0 where a size is not known, and of rows that begin or end
/// within lines: many do where they are short, and a product writes them in pieces.
constexpr std::int64_t stored_bytes(const Step& s, const Access& a) {
  std::int64_t bytes = a.size;
  for (int k = s.loop_dims; k-- > 0;) {
    if (!is_static(s.loop[k]) || !is_static(a.stride[k])) return 0;
    if (a.stride[k] != 0) bytes *= s.loop[k];
    if (k == s.loop_dims - 1 && (s.kind == StepKind::dot ? bytes % 64 != 0 : bytes < stream_row_bytes)) return 0;
  }
  return bytes;
}

/// Whether a kernel reads from where an access stores a result of so many bytes.
template <int N>
constexpr bool reads_result(const PlanDraft<N>& d, const Access& result, std::int64_t bytes) {
  for (int n = 0; n < d.steps; ++n) {
    const Step& s = d.step[n];
    for (int k = 0; k < s.accesses; ++k) {
      const Access& a = d.access[s.access + k];
      if (a.root != Root::output || a.index != result.index || a.byte < result.byte || a.byte >= result.byte + bytes) continue;
      bool loads = false, stores = false;
      for (int w = s.code; w < s.code + s.words; ++w) {
        const Instruction i = decode(d.word[w]);
        if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
        loads = loads || (i.op == static_cast<std::uint8_t>(Word::load) && i.slot == k);
        stores = stores || (i.op == static_cast<std::uint8_t>(Word::store) && i.slot == k);
      }
      if (loads || !stores) return true;
    }
  }
  return false;
}

template <int N>
constexpr void stream_results(PlanDraft<N>& d) {
  for (int n = 0; n < d.steps; ++n) {
    Step& s = d.step[n];
    if (!(s.kind == StepKind::fused && s.block == 0) && !(s.kind == StepKind::dot && s.words > 0)) continue;
    bool reads_on = s.kind == StepKind::fused;  // something else that this kernel stores
    for (int pass = reads_on ? 1 : 0; pass < 2; ++pass) {
      for (int w = s.code; w < s.code + s.words; ++w) {
        Instruction i = decode(d.word[w]);
        if (i.op == static_cast<std::uint8_t>(Word::number64)) ++w;
        if (i.op != static_cast<std::uint8_t>(Word::store)) continue;
        const Access& a = d.access[s.access + i.slot];
        const std::int64_t bytes = stored_bytes(s, a);
        if (bytes < (s.kind == StepKind::dot ? kept_bytes : stream_bytes)) continue;
        const bool read = a.root == Root::buffer || (a.root == Root::output && reads_result(d, a, bytes));
        if (pass == 0) reads_on = reads_on || read;
        if (pass == 0 || !reads_on || read || static_cast<Stride>(i.mode) != Stride::unit || a.root != Root::output || a.size < 4) continue;
        i.mode = static_cast<int>(Stride::stream);
        d.word[w] = encode(i);
        if (s.kind == StepKind::dot) s.streamed |= i.slot < 32 ? std::uint32_t{1} << i.slot : 0;
      }
    }
  }
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
