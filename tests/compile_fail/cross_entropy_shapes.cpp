// expect: etch: cross_entropy: targets must have the sizes of logits without the classes, or be probabilities of the sizes of logits
// sizes: 64 10 32
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 64, 10> logits;
  Tensor<std::int64_t, 32> targets;
  Tensor<float> loss = cross_entropy(logits, targets);
}
