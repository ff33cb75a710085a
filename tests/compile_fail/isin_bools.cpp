// expect: etch: isin: elements must be real numbers, and no bools
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return isin(Tensor<float, 3>{}, Tensor<bool, 2>{}); }
