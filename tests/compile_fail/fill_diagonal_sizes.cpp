// expect: etch: fill_diagonal_: the tensor must be a matrix, or have more axes of one size
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 2, 3> x;
  fill_diagonal_(x, 1);
}
