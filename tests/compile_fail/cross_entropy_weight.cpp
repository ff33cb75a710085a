// expect: etch: cross_entropy: there must be one weight for each class, of the dtype of the logits
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 4, 5> x;
  Tensor<float, 4> w;
  Tensor<std::int64_t, 4> t;
  Tensor<float> y = cross_entropy(x, t, w);
}
