// What a plan's tables name, each once: equal kernels of a hundred steps are one function, for which the compiler is asked once.
//
//   step -> 1 + its place among the distinct kernels, 0 for none
#pragma once

#include <etch/cpu/library.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Of each kind the first step that has it, and for every step which one that is. Of accumulators the combines.
template <int Steps, int Combines>
struct Distinct {
  int kernels, libraries, loops, accumulators;
  int kernel[Steps], columns[Steps], library[Steps], loop[Steps], accumulator[Combines];  ///< columns: of the one row that each step of a kernel is, or 0
  int kernel_at[Steps], library_at[Steps], loop_at[Steps], accumulator_at[Combines];
};

/// What chooses a step's library kernel.
constexpr unsigned library_key(const Step& s, const Access* access) {
  return static_cast<unsigned>(s.kind) | static_cast<unsigned>(s.dtype) << 8 | (cpu::asks_for_indices(s) ? 1u << 16 : 0) | static_cast<unsigned>(cpu::product_way(s, access)) << 17;
}

/// Whether two steps of one key have one kernel: some products have one for their sizes and strides.
constexpr bool is_same_library(const Step& s, const Step& t, const Access* access) {
  const cpu::ProductWay way = cpu::product_way(s, access);
  if (way == cpu::ProductWay::row && (s.words != t.words || (s.words > 0 && s.code != t.code))) return false;  // what follows is part of it
  return (way != cpu::ProductWay::row && way != cpu::ProductWay::small) || cpu::detail::sizes_of(s, access) == cpu::detail::sizes_of(t, access);
}

/// How long a fused step is that is one short row at one go, or 0: its kernel knows it.
constexpr int columns_of_row(const Step& s) {
  constexpr int most = 4095;
  if (s.kind != StepKind::fused || s.loop_dims == 0 || s.chunks != 1 || s.combines != 0 || s.block != 0 || s.scratch != 0) return 0;
  for (int k = 0; k + 1 < s.loop_dims; ++k)
    if (s.loop[k] != 1) return 0;
  const int columns = s.loop[s.loop_dims - 1];
  return is_static(columns) && number_of(columns) <= most ? number_of(columns) : 0;
}

/// Kernels are told apart by where their words begin (`share_words`).
template <class P>
constexpr auto find_distinct(const P& plan) {
  Distinct<(P::steps > 0 ? P::steps : 1), (P::combines > 0 ? P::combines : 1)> r{};
  int from[P::words + 1]{};
  unsigned key[P::steps + 1]{};
  for (int s = 0; s < P::steps; ++s) {
    const Step& step = plan.step[s];
    if (step.words != 0 && cpu::product_way(step, plan.access) != cpu::ProductWay::row) {
      int& at = from[step.code];
      if (at == 0) {
        r.kernel[r.kernels] = s;
        r.columns[r.kernels] = columns_of_row(step);
        at = ++r.kernels;
      } else if (r.columns[at - 1] != columns_of_row(step)) {
        r.columns[at - 1] = 0;
      }
      r.kernel_at[s] = at;
    }
    if (step.kind == StepKind::fused) continue;
    if (step.kind == StepKind::loop) {
      r.loop[r.loops] = s;
      r.loop_at[s] = ++r.loops;
    }
    const unsigned asked = library_key(step, plan.access);
    int at = 0;
    while (at < r.libraries && (key[at] != asked || !is_same_library(step, plan.step[r.library[at]], plan.access))) ++at;
    if (at == r.libraries) {
      key[at] = asked;
      r.library[r.libraries++] = s;
    }
    r.library_at[s] = at + 1;
  }
  for (int c = 0; c < P::combines; ++c) {
    const auto same = [&](const Combine& a) { return a.op == plan.combine[c].op && a.dtype == plan.combine[c].dtype; };
    int at = 0;
    while (at < r.accumulators && !same(plan.combine[r.accumulator[at]])) ++at;
    if (at == r.accumulators) r.accumulator[r.accumulators++] = c;
    r.accumulator_at[c] = at;
  }
  return r;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
