// expect: etch: device: operands must be on one device; x.to(gpu) and x.to(Cpu{}) copy
#define THRUST_DEVICE_SYSTEM THRUST_DEVICE_SYSTEM_CPP
#include <etch/cuda.hpp>

using namespace etch;

int main() {
  const auto model = make<nn::Linear<4, 2>>().to(gpu);
  Tensor<float, 3, 4> x;
  model(x);
}
