// expect: etch: prelu: the weight must hold one number, or one for each channel
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 5> x;
  Tensor<float, 3> w;
  Tensor<float, 2, 5> y = prelu(x, w);
}
