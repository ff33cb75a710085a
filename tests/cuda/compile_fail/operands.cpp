// expect: etch: device: operands must be on one device; x.to(gpu) and x.to(Cpu{}) copy
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#include <etch/cuda.hpp>

using namespace etch;

int main() {
  Tensor<float, 3> x;
  const auto y = x.to(gpu);
  x + y;
}
