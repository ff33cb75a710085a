// expect: etch: reshape: -1 has no answer beside a size of 0
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return reshape<0, -1>(Tensor<float, 0, 5>{}); }
