// argsort: all lanes at once, stably, by merging runs; every key finds its own place, so that nothing is ever moved twice.
//
//   a run of 32: the keys below one, and its equals before it   two runs: a binary search in the other one
#pragma once

#include <etch/cpu/order.hpp>
#include <etch/cuda/machine.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

inline constexpr index_t first_run = 32;

/// Keys and positions, lane after lane.
template <class K>
struct Order {
  K* key;
  std::int64_t* position;
};

/// The elements of a run as keys whose order is theirs, each in its place.
template <class T>
struct RunElement {
  using K = cpu::detail::sort_key<T>;
  char* const* x;
  Order<K> to;
  index_t size, inner;
  bool descending;
  ETCH_INLINE K key(index_t lane, index_t k) const {
    return static_cast<K>(cpu::detail::key_of(at<const T>(x)[lane_offset(lane, size, inner) + k * inner]) ^ (descending ? static_cast<K>(~K{0}) : K{0}));
  }
  ETCH_INLINE void operator()(index_t i) const {
    const index_t lane = i / size, k = i % size, begin = k / first_run * first_run, end = begin + first_run < size ? begin + first_run : size;
    const K own = key(lane, k);
    index_t place = lane * size + begin;
    for (index_t j = begin; j < end; ++j) {
      const K other = key(lane, j);
      place += other < own || (other == own && j < k) ? 1 : 0;
    }
    to.key[place] = own;
    to.position[place] = k;
  }
};
/// Two runs of `width` become one.
template <class K>
struct MergeElement {
  Order<K> from, to;
  index_t size, width;
  ETCH_INLINE void operator()(index_t i) const {
    const index_t k = i % size, lane = i - k, begin = k / (2 * width) * (2 * width), middle = begin + width < size ? begin + width : size;
    const bool left = k < middle;
    const K own = from.key[i];
    index_t low = left ? middle : begin, high = left ? (middle + width < size ? middle + width : size) : middle;
    const index_t first = low;
    while (low < high) {
      const index_t half = low + (high - low) / 2;
      const K other = from.key[lane + half];
      if (other < own || (!left && other == own)) low = half + 1;
      else high = half;
    }
    const index_t place = lane + (left ? k : k - middle + begin) + (low - first);
    to.key[place] = own;
    to.position[place] = from.position[i];
  }
};
struct OrderElement {
  const std::int64_t* position;
  char* const* y;
  index_t size, inner;
  ETCH_INLINE void operator()(index_t i) const { at<std::int64_t>(y)[lane_offset(i / size, size, inner) + i % size * inner] = position[i]; }
};

/// [outer, size, inner]; accesses x, perhaps the ranks that are read, order.
template <class T>
void run_argsort(Machine& m, int s) {
  using K = cpu::detail::sort_key<T>;
  const Step& step = m.step(s);
  const index_t size = m.size(step.dim[1]), inner = m.size(step.dim[2]), count = m.size(step.dim[0]) * inner * size;
  auto* const position = reinterpret_cast<std::int64_t*>(m.workspace());
  auto* const key = reinterpret_cast<K*>(position + 2 * count);
  Order<K> now{key, position}, next{key + count, position + count};
  for_each(count, RunElement<T>{m.entry(s, step.access), now, size, inner, (step.arg >> 8 & 1) != 0});
  for (index_t width = first_run; width < size; width *= 2) {
    for_each(count, MergeElement<K>{now, next, size, width});
    const Order<K> swap = now;
    now = next;
    next = swap;
  }
  for_each(count, OrderElement{now.position, m.entry(s, step.access + step.accesses - 1), size, inner});
}
template <class T>
std::size_t argsort_workspace(const cpu::Machine& machine, const Step& s) {
  return static_cast<std::size_t>(machine.capacity(s.dim[0]) * machine.capacity(s.dim[1]) * machine.capacity(s.dim[2])) * 2 * (8 + sizeof(T));
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
