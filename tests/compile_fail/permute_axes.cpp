// expect: etch: permute: every axis must be named once
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return permute<0, 1, 1>(Tensor<float, 7, 33, 5>{}); }
