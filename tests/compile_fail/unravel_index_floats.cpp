// expect: etch: unravel_index: indices must be integers
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return unravel_index<2, 2>(Tensor<float, 3>{}); }
