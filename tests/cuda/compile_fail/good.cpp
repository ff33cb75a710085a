// ok
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#include <etch/cuda.hpp>

using namespace etch;

int main() {
  Tensor<float, 3> x;
  const auto y = x.to(gpu);
  GpuTensor z = y * 2;
  x = z.to(Cpu{}) + 1;
}
