// Rows of work that a team shares: one thread alone through Thrust, the threads of a block in a kernel.
//
//   f(row, team, scratch): the team's lanes divide what can be divided and meet in team.all<R>(..) and team.sync()
#pragma once

#include <etch/cuda/group.hpp>
#include <etch/cuda/launch.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// `count` rows by so many teams at once, each with scratch of its own.
template <class F>
struct RowsOf {
  F f;
  index_t count;
  int parts;
  char* scratch;
  index_t scratch_bytes;
  ETCH_INLINE void operator()(index_t part) const {
    for (index_t row = part; row < count; row += parts) f(row, Alone{}, scratch + part * scratch_bytes);
  }
};
#if !ETCH_GPU
template <class F>
void for_each_row(const RowsOf<F>& rows) {
  for_each(rows.count < rows.parts ? rows.count : rows.parts, rows);
}
#endif

/// A team's sum or maximum of what its lanes have.
template <int R, class A, class Team>
ETCH_INLINE A all(const Team& team, A value) {
  return team.template all<R>(simd::splat<A, 1>(value))[0];
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
