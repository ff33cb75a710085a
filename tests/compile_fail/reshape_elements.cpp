// expect: etch: reshape: the number of elements must stay the same
// sizes: 33 100
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return reshape<2, 100>(Tensor<float, 7, 33>{}); }
