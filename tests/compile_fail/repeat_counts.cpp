// expect: etch: repeat: there must be a count for every axis
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return repeat<2>(Tensor<float, 7, 33>{}); }
