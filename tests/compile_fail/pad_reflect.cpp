// expect: etch: pad: the axis must hold the elements that are reflected (beside the edge), repeated or gone around
// sizes: 3
#include <etch/etch.hpp>

int main() {
  etch::Tensor y = etch::pad<etch::PadMode::reflect, 3, 0>(etch::Tensor<float, 2, 3>{});
}
