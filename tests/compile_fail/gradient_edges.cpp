// expect: etch: gradient: the order of the edges must be 1 or 2
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return gradient<0, -1>(Tensor<float, 5>{}); }
