// expect: etch: searchsorted: the sorted tensor must be a vector, or have the values' leading sizes
// sizes: 7 8
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return searchsorted(Tensor<float, 7, 33>{}, Tensor<float, 8, 3>{}); }
