// expect: etch: glu: axis out of range
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4> x;
  Tensor<float, 2> y = glu<1>(x);
}
