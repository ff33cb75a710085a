// What kernels find wrong, and how it is said.
#pragma once

#include <etch/cpu/gather.hpp>
#include <etch/cuda/group.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// What a kernel found wrong: the step that found it, + 1, and where.
struct Fault {
  int step = 0;
  double value = 0;
  std::int64_t position = 0, size = 0;
};
/// Keeps the first fault there is.
ETCH_SCALAR void report(Fault* fault, int step, double value, std::int64_t position, std::int64_t size) {
#if defined(ETCH_GPU_CODE)
  if (atomicCAS(&fault->step, 0, step + 1) != 0) return;
#else
  int none = 0;
  if (!__atomic_compare_exchange_n(&fault->step, &none, step + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return;
#endif
  fault->value = value;
  fault->position = position;
  fault->size = size;
}
/// Throws a fault that `step` found, in the words of the CPU's kernels.
[[noreturn]] inline void raise(const Fault& f, const Step& step) {
  const auto rule = static_cast<Demand>(step.arg >> 48 & 255);
  const bool is_index = step.kind == StepKind::checked && rule == Demand::index;
  if (step.kind == StepKind::checked && !is_index) cpu::detail::refuse_value(rule, asker_names[step.arg >> 56], f.value, static_cast<long>(f.position), static_cast<long>(f.size));
  if (is_index || step.kind == StepKind::gather || step.kind == StepKind::scatter)
    fail("index", "an index must lie within its dimension", Message{} << "got " << static_cast<long>(f.value) << " at position " << static_cast<long>(f.position) << " for size " << static_cast<long>(f.size) << " of axis " << static_cast<int>(is_index ? step.arg & 255 : step.arg >> 40 & 255));
  fail(step.kind == StepKind::scatter_add ? "scatter_add" : "embedding", "an index must lie within the table",
       Message{} << "got " << static_cast<long>(f.value) << " at position " << static_cast<long>(f.position) << " for " << static_cast<long>(f.size) << " rows");
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
