// expect: etch: device: the result of an expression must be on the device of its operands; x.to(gpu) and x.to(Cpu{}) copy
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#include <etch/cuda.hpp>

using namespace etch;

int main() {
  Tensor<float, 3> x;
  GpuTensor<float, 3> y;
  y = x * 2;
}
