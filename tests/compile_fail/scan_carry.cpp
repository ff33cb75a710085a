// expect: etch: scan: what is carried must keep its shape and dtype
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 3> h;
  Tensor<float, 5, 3> xs;
  auto r = scan([](auto c, auto x) { return several(sum(c * x), x); }, h, xs);
}
