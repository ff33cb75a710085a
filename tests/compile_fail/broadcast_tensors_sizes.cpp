// expect: etch: broadcast_tensors: sizes must be static, and agree or be 1
// sizes: 33 34
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return broadcast_tensors(Tensor<float, 33>{}, Tensor<float, 34>{}); }
