// expect: etch: channel_shuffle: the input must be [N, C, sizes..] and the groups divide C
#include <etch/etch.hpp>
using namespace etch;

int main() {
  Tensor<float, 2, 6, 8, 8> x;
  auto y = channel_shuffle<4>(x);
}
