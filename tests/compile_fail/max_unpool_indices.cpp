// expect: etch: max_unpool: values and integer indices must have one shape
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = max_unpool2d<2>(x, x);
}
