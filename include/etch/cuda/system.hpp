// Where programs of <etch/cuda.hpp> run: on a GPU where nvcc compiles, on the CPU through one of Thrust's host systems otherwise.
//
//   nvcc -std=c++20 --expt-relaxed-constexpr ...             THRUST_DEVICE_SYSTEM_CUDA, Thrust's default
//   g++ -fopenmp -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP ...
#pragma once

#include <etch/core/config.hpp>

#include <thrust/detail/config.h>

// Where code of kernels is compiled: the compute capability, 900 for 9.0. Tests define it, who simulate a GPU (tests/cuda/simulator).
#if defined(__CUDA_ARCH__)
#define ETCH_GPU_CODE __CUDA_ARCH__
#endif

#if defined(ETCH_GPU_CODE) && !defined(__CUDACC__)
#define ETCH_GPU 1
#define ETCH_PLACE on_simulated_gpu
#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#if !defined(__CUDACC__)
#error "etch: cuda: compile with nvcc, or on the CPU with -fopenmp -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP"
#elif !defined(__CUDACC_RELAXED_CONSTEXPR__)
#error "etch: cuda: nvcc needs --expt-relaxed-constexpr"
#endif
#define ETCH_GPU 1
#define ETCH_PLACE on_gpu_system
#else
#define ETCH_GPU 0
#define ETCH_PLACE on_host_system
#endif

/// A block's shared memory, as much as its launch asks for.
#ifndef ETCH_DYNAMIC_SHARED
#define ETCH_DYNAMIC_SHARED(name) extern __shared__ __align__(64) char name[]
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// Whether kernels run on a GPU.
inline constexpr bool has_gpu_kernels = ETCH_GPU != 0;

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
