// expect: etch: grad: the function has no argument of that number
#include <etch/etch.hpp>

using namespace etch;

auto mistake() { return grad<1>([](auto x) { return sum(x); })(Tensor<float, 2>{}); }
