// expect: etch: mean: the dtype must be floating
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return mean(Tensor<int, 33>{}); }
