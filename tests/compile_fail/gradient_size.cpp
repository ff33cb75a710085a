// expect: etch: gradient: the axis must be one of the input's, of a static size above the order of its edges
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return gradient<0, 2>(Tensor<float, 2, 33>{}); }
