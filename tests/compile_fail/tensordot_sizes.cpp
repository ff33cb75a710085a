// expect: etch: tensordot: sizes of axes that meet must agree or be 1
// sizes: 37 41
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return tensordot<1>(Tensor<float, 2, 37>{}, Tensor<float, 41, 4>{}); }
