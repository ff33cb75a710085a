// expect: etch: imag: the tensor must be complex
#include <etch/etch.hpp>

int main() {
  auto expression = etch::imag(etch::Tensor<float, 3>{});  // not evaluated
  (void)expression;
}
