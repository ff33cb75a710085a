// expect: etch: dropout: the input must have channels
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 8> x;
  Tensor<float, 8> y = dropout2d<0.5>(x);
}
