// expect: etch: unflatten: the sizes must multiply to that of an axis
// sizes: 33 4 8
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return unflatten<1, 4, 8>(Tensor<float, 7, 33>{}); }
