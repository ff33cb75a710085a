// expect: etch: affine_grid: theta must be floating [N, 2, 3]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 3, 3> t;
  auto y = affine_grid<ints<2, 1, 4, 4>>(t);
}
