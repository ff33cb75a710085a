// expect: etch: pad: one number for all ends, or two for each axis
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::ZeroPad2d<1, 2>>();
  Tensor<float, 2, 6, 8> x;
  auto y = eval(m(x));
}
