// expect: etch: grad: the function must return a real number; take its real part or abs
#include <etch/etch.hpp>
using namespace etch;
int main() {
  Tensor<complex<float>, 2> z;
  Tensor<complex<float>, 2> g = grad([](auto x) { return sum(x * x); })(z);
}
