// expect: etch: pointwise: complex numbers have no order
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<complex<float>, 2> z;
  Tensor<bool, 2> m = z < z;
}
