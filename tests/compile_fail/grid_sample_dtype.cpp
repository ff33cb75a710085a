// expect: etch: grid_sample: input and grid must have one floating dtype
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<double, 2, 4, 4, 2> g;
  auto y = grid_sample(x, g);
}
