// What kernels find wrong, and how it is said.
#pragma once

#include <etch/cpu/machine.hpp>
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
#if defined(__CUDA_ARCH__)
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
[[noreturn]] inline void raise(const Fault& f, const Step& step, [[maybe_unused]] cpu::Machine& host) {
  if (step.kind == StepKind::checked) {
#if !ETCH_GPU
    host.run_step(f.step - 1);  // the CPU's kernel says it
#endif
    fail("cuda", "a value must be what its function demands", Message{} << "got " << f.value << " at position " << static_cast<long>(f.position));
  }
  if (step.kind == StepKind::gather || step.kind == StepKind::scatter)
    fail("index", "an index must lie within its dimension", Message{} << "got " << static_cast<long>(f.value) << " at position " << static_cast<long>(f.position) << " for size " << static_cast<long>(f.size) << " of axis " << static_cast<int>(step.arg >> 40 & 255));
  fail(step.kind == StepKind::scatter_add ? "scatter_add" : "embedding", "an index must lie within the table",
       Message{} << "got " << static_cast<long>(f.value) << " at position " << static_cast<long>(f.position) << " for " << static_cast<long>(f.size) << " rows");
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
