// expect: etch: scan: a traced function must have no captures; pass values as arguments
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float> c;
  Tensor<float, 5> xs;
  float scale = 2;
  auto r = scan([&](auto total, auto x) { return several(total + x * scale, x); }, c, xs);
}
