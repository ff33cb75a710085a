// Which of several GPUs this thread uses: where tensors, programs and models are made, and where they are then used.
//
//   {
//     const device::DeviceGuard second(1);
//     auto there = model.to(gpu);   auto step = train_step(there, loss, optimizer, x, y);     on GPU 1
//   }
//
// On the CPU the numbers are only kept apart: there all of them are this processor.
#pragma once

#include <etch/cuda/system.hpp>
#if ETCH_GPU
#include <etch/cuda/error.hpp>
#else
#include <etch/core/error.hpp>
#endif

namespace etch {
inline namespace ETCH_ABI {
namespace device {
inline namespace ETCH_PLACE {

/// The most GPUs of one process whose programs are kept apart.
inline constexpr int max_devices = 16;

/// Throws where no program could be kept for a GPU of this number.
inline void check_device(int number) {
  if (number < 0 || number >= max_devices) fail("cuda", "the number of a GPU must be below max_devices and not negative", Message{} << "got " << number << ", max_devices is " << max_devices);
}

#if ETCH_GPU
inline int current_device() {
  int n = 0;
  check(cudaGetDevice(&n), "cudaGetDevice");
  check_device(n);
  return n;
}
inline void use_device(int number) { check(cudaSetDevice(number), "cudaSetDevice", Message{} << "GPU " << number); }
#else
inline int& chosen_device() {
  thread_local int number = 0;
  return number;
}
inline int current_device() { return chosen_device(); }
inline void use_device(int number) { chosen_device() = number; }
#endif

/// Makes a GPU this thread's until the end of the scope.
class DeviceGuard {
 public:
  explicit DeviceGuard(int number) : before_(current_device()) {
    check_device(number);
    use_device(number);
  }
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;
#if ETCH_GPU
  ~DeviceGuard() { (void)cudaSetDevice(before_); }
#else
  ~DeviceGuard() { use_device(before_); }
#endif

 private:
  int before_ = 0;
};

}  // namespace ETCH_PLACE
}  // namespace device
}  // namespace ETCH_ABI
}  // namespace etch
