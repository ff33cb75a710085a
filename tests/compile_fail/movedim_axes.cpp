// expect: etch: movedim: every axis must be in range and named once, and have a place
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return movedim<ints<0, 0>, ints<0, 1>>(Tensor<float, 7, 33>{}); }
