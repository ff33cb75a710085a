// expect: etch: pointwise: sizes must agree or be 1
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return Tensor<float, 5, 33>{} + Tensor<float, 34>{}; }
