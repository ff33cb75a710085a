// expect: etch: glu: the axis must have an even size
// sizes: 5
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 5> x;
  Tensor<float, 2, 2> y = glu<1>(x);
}
