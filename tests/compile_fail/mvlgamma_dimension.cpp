// expect: etch: mvlgamma: the dimension must be at least 1
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return mvlgamma<0>(Tensor<float, 3>{}); }
