// expect: etch: assign: the expression's kind (bool, integer, floating, complex) must not be above the tensor's
#include <etch/etch.hpp>

int main() {
  etch::Tensor<int, 3> y;
  y = etch::Tensor<float, 3>{} * 2;
}
