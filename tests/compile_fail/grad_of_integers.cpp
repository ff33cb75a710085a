// expect: etch: grad: only floating values have a gradient
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return grad([](auto x) { return sum(to<float>(x)); })(Tensor<int, 2>{}); }
