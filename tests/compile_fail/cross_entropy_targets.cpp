// expect: etch: cross_entropy: targets must be integers
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 64, 10> logits;
  Tensor<float, 64> targets;
  Tensor<float> loss = cross_entropy(logits, targets);
}
