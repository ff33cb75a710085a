// expect: etch: histogram: there must be at least one bin
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return histogram<0>(Tensor<float, 3>{}); }
