// expect: etch: cross: the operands must have as many dimensions
// sizes: 5 3
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::cross(etch::Tensor<float, 5, 5, 3>{}, etch::Tensor<float, 5, 3>{});
}
