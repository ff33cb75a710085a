// expect: etch: argmax: one axis, or none for all elements
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return argmax<0, 1>(Tensor<float, 7, 33>{}); }
