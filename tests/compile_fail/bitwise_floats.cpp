// expect: etch: bitwise: operands must be integers, or bools where those have bits
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return Tensor<float, 3>{} & 1; }
