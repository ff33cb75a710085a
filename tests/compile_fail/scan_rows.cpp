// expect: etch: scan: all that is scanned must have the same first axis, of a known size above 0
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float> c;
  Tensor<float, 5, 3> xs;
  Tensor<float, 4, 3> ys;
  auto r = scan([](auto total, auto row) { return several(total + sum(row.template get<0>() * row.template get<1>()), several()); }, c, several(xs, ys));
}
