// expect: etch: grid_sample: the input must be [N, C, sizes..]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 2, 4, 4, 3> g;
  auto y = grid_sample(x, g);
}
