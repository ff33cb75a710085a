// expect: etch: layer_norm: the last axes must be those of weight and bias
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 7, 8> w;
  auto y = layer_norm(x, w, w);
}
