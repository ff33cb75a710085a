// expect: etch: cross_entropy: there must be one weight for each class
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> w;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = cross_entropy(x, t, w);
}
