// expect: etch: pad: the input must be [N, C, sizes..] or [C, sizes..] where it is mirrored, repeated or gone around
#include <etch/etch.hpp>
using namespace etch;

int main() {
  auto m = make<nn::CircularPad1d<3>>(Generator{0});
  Tensor y = m(Tensor<float, 2, 3, 4, 5>{});
}
