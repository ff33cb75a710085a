// Who runs the steps of programs, counted.
#pragma once

#include <etch/cuda/system.hpp>
#include <etch/plan/types.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
using namespace etch::detail;  // the plan's names
inline namespace ETCH_PLACE {

/// Who runs a step.
enum class Route : std::uint8_t {
  thrust,   ///< a Thrust algorithm
  kernel,   ///< a __global__ template of etch
  library,  ///< cuBLASLt
  program,  ///< a loop: its body's steps, again and again
  block,    ///< a small program's one kernel
  cpu,      ///< the CPU's kernel: on host systems only
};
inline constexpr int routes = 6, step_kinds = static_cast<int>(StepKind::max_pool_back) + 1;

/// How many steps of each kind this thread has run on each route.
struct Tally {
  std::int64_t ran[routes][step_kinds]{};
  std::int64_t blocks = 0;  ///< launches of small programs
  std::int64_t of(Route r, StepKind k) const { return ran[static_cast<int>(r)][static_cast<int>(k)]; }
  std::int64_t of(Route r) const {
    std::int64_t n = 0;
    for (std::int64_t k : ran[static_cast<int>(r)]) n += k;
    return n;
  }
};
inline Tally& tally() {
  thread_local Tally t;
  return t;
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
