// Every CUDA call is checked: `etch: cuda: a call must succeed; cudaMalloc(1024 bytes for the arena): out of memory ...`.
#pragma once

#include <etch/core/error.hpp>

#include <cuda_runtime.h>

namespace etch {
inline namespace ETCH_ABI {
namespace device {

/// Throws `Error` with the call, what it was for, and CUDA's words; a missing GPU or driver is one sentence of its own.
inline void check(cudaError_t result, const char* call, const Message& about = {}) {
  if (result == cudaSuccess) return;
  (void)cudaGetLastError();  // the next call starts anew
  if (result == cudaErrorNoDevice || result == cudaErrorInsufficientDriver) fail("cuda", "there must be a GPU with a driver for this CUDA", Message{} << call << ": " << cudaGetErrorString(result));
  fail("cuda", "a call must succeed", Message{} << call << (about.c_str()[0] != '\0' ? " for " : "") << about.c_str() << ": " << cudaGetErrorString(result));
}

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
