// expect: etch: histc: there must be at least one bin
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return histc<0>(Tensor<float, 3>{}); }
