// The one way in which Thrust is asked to do something: f(i) for every i below n, in any order.
#pragma once

#include <etch/cuda/memory.hpp>

#include <cstdint>

#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// F as Thrust wants it. On a GPU only the device's compilation looks inside: what F calls does not exist there for the host's.
template <class F>
struct ForEach {
  F f;
#if ETCH_GPU
  __device__
#endif
      void
      operator()(std::int64_t i) const {
#if !ETCH_GPU || defined(__CUDA_ARCH__)
    f(i);
#else
    (void)i;
#endif
  }
};

template <class F>
void for_each(std::int64_t n, const F& f) {
  if (n <= 0) return;
#if ETCH_GPU
  thrust::for_each_n(thrust::cuda::par_nosync.on(current_stream()), thrust::counting_iterator<std::int64_t>(0), n, ForEach<F>{f});
#else
  thrust::for_each_n(thrust::device, thrust::counting_iterator<std::int64_t>(0), n, ForEach<F>{f});
#endif
}

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
