// expect: etch: unfold: the input must be [N, C, H, W] or [C, H, W]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = unfold<9>(x);
}
