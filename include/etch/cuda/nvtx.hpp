// A named range in NVIDIA's profilers, for as long as the object lives; nothing where nvtx3 is not installed.
#pragma once

#include <etch/core/config.hpp>

#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define ETCH_NVTX 1
#else
#define ETCH_NVTX 0
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {

class Range {
 public:
  explicit Range([[maybe_unused]] const char* name) {
#if ETCH_NVTX
    nvtxRangePushA(name);
#endif
  }
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
  ~Range() {
#if ETCH_NVTX
    nvtxRangePop();
#endif
  }
};

}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
