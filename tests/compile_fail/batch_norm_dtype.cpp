// expect: etch: batch_norm: the input must be floating and have channels
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<int, 2, 6> x;
  auto y = batch_norm(x);
}
