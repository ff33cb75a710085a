// What a GPU is, and how much memory it has left.
#pragma once

#include <etch/cuda/error.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// How many GPUs there are; 0 where there is no driver.
inline int count() {
  int n = 0;
  const cudaError_t result = cudaGetDeviceCount(&n);
  if (result == cudaErrorNoDevice || result == cudaErrorInsufficientDriver) {
    (void)cudaGetLastError();
    return 0;
  }
  check(result, "cudaGetDeviceCount");
  return n;
}

/// The figures of a GPU that programs and reports want.
struct Properties {
  char name[256]{};
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  std::size_t memory = 0, shared_memory = 0;  ///< bytes; of shared memory the most a block may have
  int l2_bytes = 0;
};
inline Properties properties(int number = 0) {
  cudaDeviceProp p{};
  check(cudaGetDeviceProperties(&p, number), "cudaGetDeviceProperties", Message{} << "GPU " << number);
  Properties r;
  for (int i = 0; i < 255 && p.name[i] != '\0'; ++i) r.name[i] = p.name[i];
  r.major = p.major;
  r.minor = p.minor;
  r.multiprocessors = p.multiProcessorCount;
  r.memory = p.totalGlobalMem;
  r.shared_memory = p.sharedMemPerBlockOptin;
  r.l2_bytes = p.l2CacheSize;
  return r;
}

/// Bytes that are free, and all there are, on this thread's GPU.
struct MemoryFigures {
  std::size_t free = 0, total = 0;
};
inline MemoryFigures memory() {
  MemoryFigures m;
  check(cudaMemGetInfo(&m.free, &m.total), "cudaMemGetInfo");
  return m;
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
