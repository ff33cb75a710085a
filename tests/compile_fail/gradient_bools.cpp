// expect: etch: gradient: the samples must not be bools
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return gradient<0>(Tensor<bool, 5>{}); }
