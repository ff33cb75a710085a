// expect: etch: linear_cross_entropy: with several axes of outputs the input must be a batch
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 3> x;
  Tensor<float, 2, 4, 3> weight;
  Tensor<std::int64_t, 2, 4> targets;
  Tensor<float> y = linear_cross_entropy(x, weight, targets);
}
