// expect: etch: tril: at least two dimensions
// sizes: 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return tril(Tensor<float, 33>{}); }
