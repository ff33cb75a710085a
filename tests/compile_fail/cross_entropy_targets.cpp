// expect: etch: cross_entropy: targets must be int64 or uint8
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 64, 10> logits;
  Tensor<float, 64> targets;
  Tensor<float> loss = cross_entropy(logits, targets);
}
