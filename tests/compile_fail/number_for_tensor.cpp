// expect: etch: pointwise: a number cannot stand for this operand, which must be a tensor
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::maximum(etch::Tensor<float, 3>{}, 0);
}
