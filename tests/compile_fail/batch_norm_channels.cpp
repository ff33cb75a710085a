// expect: etch: batch_norm: weight, bias and statistics must have one number for each channel
// sizes: 6 5
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  Tensor<float, 5> w;
  auto y = batch_norm(x, w, w);
}
