// expect: etch: pixel_shuffle: the input must be [.., C, H, W]
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = pixel_shuffle<2>(x);
}
