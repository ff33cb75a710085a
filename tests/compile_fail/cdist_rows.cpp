// expect: etch: cdist: rows must have one size
// sizes: 37 41
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return cdist(Tensor<float, 2, 37>{}, Tensor<float, 2, 41>{}); }
