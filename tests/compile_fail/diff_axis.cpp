// expect: etch: diff: the axis must be one of the input's, of a static size
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return diff<1, 2>(Tensor<float, 7, 33>{}); }
