// expect: etch: meshgrid: the operands must be vectors of static size
// sizes: 7 33
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return meshgrid(Tensor<float, 7, 33>{}); }
