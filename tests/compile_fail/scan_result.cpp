// expect: etch: scan: the function must return several(carry, y)
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float> c;
  Tensor<float, 5> xs;
  auto r = scan([](auto total, auto x) { return total + x; }, c, xs);
}
