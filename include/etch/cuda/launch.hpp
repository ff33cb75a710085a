// The one way in which Thrust is asked to do something: f(i) for every i below n, in any order.
#pragma once

#include <etch/cuda/memory.hpp>

#include <cstdint>

#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system_error.h>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// What an operand's entry in the tables points to.
template <class T>
ETCH_INLINE T* at(char* const* entry) {
  return reinterpret_cast<T*>(*entry);
}
/// A lane of [outer, size, inner].
ETCH_INLINE std::ptrdiff_t lane_offset(std::ptrdiff_t lane, std::ptrdiff_t size, std::ptrdiff_t inner) { return lane / inner * size * inner + lane % inner; }

#if ETCH_GPU
/// F as Thrust wants it. Only the device's compilation looks inside: what F calls does not exist there for the host's.
template <class F>
struct ForEach {
  F f;
  __device__ void operator()([[maybe_unused]] std::int64_t i) const {
#if defined(ETCH_GPU_CODE)
    f(i);
#endif
  }
};
template <class F>
void for_each(std::int64_t n, const F& f) {
  if (n <= 0) return;
  try {
    thrust::for_each_n(thrust::cuda::par_nosync.on(current_stream()), thrust::counting_iterator<std::int64_t>(0), n, ForEach<F>{f});
  } catch (const thrust::system_error& e) {
    check(static_cast<cudaError_t>(e.code().value()), "thrust::for_each_n", Message{} << n << " elements");
    throw;
  }
}
#else
/// Any F, so that Thrust's algorithm is compiled once.
struct ForEach {
  void (*call)(const void* f, std::int64_t i);
  const void* f;
  void operator()(std::int64_t i) const { call(f, i); }
};
template <class F>
void for_each(std::int64_t n, const F& f) {
  if (n > 0) thrust::for_each_n(thrust::device, thrust::counting_iterator<std::int64_t>(0), n, ForEach{[](const void* context, std::int64_t i) { (*static_cast<const F*>(context))(i); }, &f});
}
#endif

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
