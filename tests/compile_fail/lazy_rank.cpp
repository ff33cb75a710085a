// expect: etch: make: a lazy layer must be given an input of as many axes as its name says
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 8, 8> x;
  auto model = make<nn::LazyConv2d<4, 3>>(Generator{0}, x);
}
