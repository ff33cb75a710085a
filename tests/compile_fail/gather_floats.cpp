// expect: etch: gather: indices must be integers
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return gather<1>(Tensor<float, 33, 5>{}, Tensor<float, 33, 5>{}); }
