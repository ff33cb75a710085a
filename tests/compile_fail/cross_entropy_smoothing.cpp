// expect: etch: cross_entropy: label smoothing must lie between 0 and 1
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = cross_entropy<Reduction::mean, -100, 1.5>(x, t);
}
