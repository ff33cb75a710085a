// Whether a plan holds: every buffer is written before it is read, and no two live ones overlap.
#pragma once

#include <etch/plan/lower.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace detail {

/// Every buffer written before it is read, no two live buffers overlapping.
template <int N>
constexpr bool check(const PlanDraft<N>& d) {
  bool written[PlanDraft<N>::max_buffers]{};
  for (int s = 0; s < d.steps; ++s) {
    const Step& step = d.step[s];
    const bool library = step.kind != StepKind::fused;
    bool own[256]{};  // what the same kernel stored in an earlier pass
    for (int w = step.code; w < step.code + step.words; ++w) {
      const auto op = static_cast<Word>(d.word[w] & 255);
      const int slot = static_cast<int>(d.word[w] >> 48 & 255);
      if (op == Word::number64) ++w;
      if (op == Word::store) own[slot] = true;
      if (op != Word::load || own[slot]) continue;
      const Access& a = d.access[step.access + slot];
      if (a.root == Root::buffer && !written[a.index]) return false;
    }
    if (library) {
      const bool by_index = step.kind == StepKind::checked || step.kind == StepKind::gather || step.kind == StepKind::scatter;
      const bool finds = step.kind == StepKind::cummax || step.kind == StepKind::cummin;
      const int operands = finds ? 1 : is_along(step.kind) || by_index || step.kind == StepKind::svd || step.kind == StepKind::ctc || step.kind == StepKind::max_pool || step.kind == StepKind::max_pool_back ? step.accesses - 1 : step.kind == StepKind::loop ? step.dim[0] : step.kind == StepKind::attention ? 3 : step.kind == StepKind::attention_grad ? 6 : 2;
      const int results = finds ? step.accesses - 1 : step.kind == StepKind::loop ? step.accesses - step.dim[0] : step.kind == StepKind::attention ? 2 : step.kind == StepKind::attention_grad ? 3 : (step.kind == StepKind::dot || step.kind == StepKind::window_dot) && step.words != 0 ? 0 : 1;
      const int first = step.access + step.accesses - operands - results;
      for (int k = first; k < first + operands; ++k)
        if (d.access[k].root == Root::buffer && !written[d.access[k].index]) return false;
      for (int k = first + operands; k < first + operands + results; ++k)
        if (d.access[k].root == Root::buffer) written[d.access[k].index] = true;
    }
    for (int w = step.code; w < step.code + step.words; ++w) {
      const auto op = static_cast<Word>(d.word[w] & 255);
      if (op == Word::number64) ++w;
      if (op != Word::store && op != Word::accumulate) continue;
      const Access& a = d.access[step.access + static_cast<int>(d.word[w] >> 48 & 255)];
      if (a.root == Root::buffer) written[a.index] = true;
    }
    for (int k = 0; k < step.combines; ++k)
      if (d.combine[step.combine + k].target.root == Root::buffer) written[d.combine[step.combine + k].target.index] = true;
  }
  for (int i = 0; i < d.buffers; ++i) {
    const Buffer& b = d.buffer[i];
    if (b.last >= 0 && (b.offset < 0 || b.offset + b.bytes > d.arena_bytes)) return false;
  }
  // a buffer may overlap only what is dead: each is compared with those alive when it is born
  int starts[PlanDraft<N>::max_steps + 1]{}, following[PlanDraft<N>::max_buffers]{}, live[PlanDraft<N>::max_buffers]{};
  int count = 0;
  for (int s = 0; s <= d.steps; ++s) starts[s] = -1;
  for (int i = 0; i < d.buffers; ++i) {
    if (d.buffer[i].last < 0) continue;
    following[i] = starts[d.buffer[i].first];
    starts[d.buffer[i].first] = i;
  }
  for (int s = 0; s < d.steps; ++s) {
    if (starts[s] < 0) continue;
    int kept = 0;
    for (int k = 0; k < count; ++k)
      if (d.buffer[live[k]].last >= s) live[kept++] = live[k];
    count = kept;
    for (int i = starts[s]; i >= 0; i = following[i]) {
      const std::int64_t begin = d.buffer[i].offset, end = begin + d.buffer[i].bytes;
      int low = 0, high = count;  // `live` is sorted by offset: only the neighbours can overlap
      while (low < high) {
        const int middle = (low + high) / 2;
        if (d.buffer[live[middle]].offset < begin) low = middle + 1;
        else high = middle;
      }
      if (low > 0 && d.buffer[live[low - 1]].offset + d.buffer[live[low - 1]].bytes > begin) return false;
      if (low < count && d.buffer[live[low]].offset < end) return false;
      for (int k = count++; k > low; --k) live[k] = live[k - 1];
      live[low] = i;
    }
  }
  return true;
}

}  // namespace detail
}  // namespace ETCH_ABI
}  // namespace etch
